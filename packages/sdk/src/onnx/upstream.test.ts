import { describe, expect, it } from 'vitest';
import { scanModel } from './scan.js';
import { type Bytes, graph, localFunction, message, model, node, value } from './testing/protobuf.js';
import { upstreamOf } from './upstream.js';

const upstream = (nodes: readonly Bytes[], ...more: readonly Bytes[]) =>
  upstreamOf(scanModel(model(graph({ nodes, inputs: [value('x', ['N', 2])] }), ...more), 'm.onnx'), 'm.onnx');

describe('what an output comes from', () => {
  it('is random downstream of a draw and nowhere else, in whatever order the nodes are', () => {
    const { isRandom } = upstream([
      node('Add', ['mean', 'scaled'], ['z']),
      node('Mul', ['std', 'eps'], ['scaled']),
      node('RandomNormalLike', ['mean'], ['eps']),
      node('Gemm', ['x'], ['mean']),
      node('Exp', ['x'], ['std']),
    ]);
    expect(['mean', 'std', 'eps', 'scaled', 'z'].map(isRandom)).toEqual([false, false, true, true, true]);
  });

  it.each(['RandomNormal', 'RandomUniform', 'RandomUniformLike', 'Bernoulli', 'Multinomial'])(
    'knows %s',
    (op) => {
      expect(upstream([node(op, ['x'], ['y'])]).isRandom('y')).toBe(true);
    },
  );

  it('is not fooled by an operator of that name in another domain', () => {
    expect(upstream([node('RandomNormal', ['x'], ['y'], { domain: 'other' })]).isRandom('y')).toBe(false);
  });

  it('sees draws inside subgraphs, and values that a subgraph takes from around it', () => {
    const branch = (inner: Bytes) => ({ attributes: [message(6, graph({ nodes: [inner] }))] });
    const { isRandom } = upstream([
      node('If', ['c'], ['drawn'], branch(node('RandomNormal', [], ['r']))),
      node('RandomUniform', [], ['u']),
      node('If', ['c'], ['taken'], branch(node('Neg', ['u'], ['v']))),
      node('If', ['c'], ['plain'], branch(node('Neg', ['x'], ['w']))),
    ]);
    expect(['drawn', 'taken', 'plain'].map(isRandom)).toEqual([true, true, false]);
  });

  it('is not carried along by inputs and outputs that are left out', () => {
    const { isRandom } = upstream([
      node('RandomNormal', [], ['eps']),
      node('Dropout', ['eps'], ['kept', '']),
      node('Clip', ['x', '', ''], ['clipped']),
    ]);
    expect(['kept', 'clipped'].map(isRandom)).toEqual([true, false]);
  });

  it("sees draws inside the model's own functions, and through functions that call them", () => {
    const { isRandom } = upstream(
      [node('Outer', ['x'], ['y'], { domain: 'f' }), node('Plain', ['x'], ['w'], { domain: 'f' })],
      message(25, localFunction('f', 'Outer', [node('Inner', ['a'], ['b'], { domain: 'f' })])),
      message(25, localFunction('f', 'Inner', [node('RandomNormal', [], ['r'])])),
      message(25, localFunction('f', 'Plain', [node('Relu', ['a'], ['b'])])),
    );
    expect(['y', 'w'].map(isRandom)).toEqual([true, false]);
  });

  it('refuses functions that call themselves, and very long chains of them', () => {
    const calls = (name: string, other: string) =>
      message(25, localFunction('f', name, [node(other, [], [], { domain: 'f' })]));
    expect(() => upstream([], calls('A', 'B'), calls('B', 'A'))).toThrow(
      'm.onnx: the model\'s function "A" calls itself.',
    );
    const chain = Array.from({ length: 102 }, (_, i) => calls(`F${i}`, `F${i + 1}`));
    expect(() => upstream([], ...chain)).toThrow(/called through more than 100 others/);
  });
});
