import { describe, expect, it } from 'vitest';
import { buildGraph } from '../graph/graph.js';
import type { Shape } from '../graph/shape.js';
import { apply, constant, input } from '../graph/value.js';
import type { OnnxNode } from '../onnx/model.js';
import { add, exp, expand, mul, neg, ops, reshape } from '../ops/index.js';
import { exportTarget } from './export.js';
import { Emitter, lower, nameOutputs } from './lower.js';
import { batchInput, checkExport } from './testing/check-export.js';

/** Writes b = Tanh(a) and a Scan whose body adds b to its own input. */
function withBody(): { emit: Emitter; b: string; sum: string } {
  const emit = new Emitter(['a', 'rows'], 1, undefined);
  const b = emit.node('Tanh', ['a']);
  const body = emit.body('row', () => {
    const row = emit.unique('row');
    const sum = emit.node('Add', [row, b]);
    return { inputs: [{ name: row, dims: [2] }], outputs: [{ name: sum, dims: [2] }] };
  });
  const [sum] = emit.nodeOf(1, 'Scan', ['rows'], { body, num_scan_inputs: 1 });
  return { emit, b, sum };
}

const bodyOf = (node: OnnxNode) => (node.attributes.body as { graph: { nodes: readonly OnnxNode[] } }).graph;

it('a long list is written once under its key', () => {
  const emit = new Emitter([], 1, undefined);
  const list = Int32Array.of(3, 1, 2);
  const name = emit.longList('places', [3], () => list);
  const again = emit.longList('places', [3], () => expect.unreachable());
  expect(again).toBe(name);
  const others = [emit.longList('places', [1, 3], () => list), emit.longList('windows', [3], () => list)];
  expect(new Set([name, ...others]).size).toBe(3);
  expect(emit.initializers.map(({ dims }) => dims)).toEqual([[3], [1, 3], [3]]);
});

describe('the body of an operator', () => {
  it('keeps its nodes for itself and reads what was written before', () => {
    const { emit, b } = withBody();
    expect(emit.nodes.map(({ op }) => op)).toEqual(['Tanh', 'Scan']);
    const [add] = bodyOf(emit.nodes[1]).nodes;
    expect(add.inputs[1]).toBe(b);
    expect(new Set([b, ...add.inputs, ...add.outputs, ...emit.nodes[1].outputs]).size).toBe(4);
  });

  it('reads an output by the name that the graph promises for it', () => {
    const { emit, b, sum } = withBody();
    const nodes = nameOutputs(emit.nodes, [
      ['promised', b],
      ['sums', sum],
    ]);
    expect(nodes.map(({ outputs }) => outputs)).toEqual([['promised'], ['sums']]);
    expect(bodyOf(nodes[1]).nodes[0].inputs[1]).toBe('promised');
    expect(nodes[1].attributes.num_scan_inputs).toBe(1);
  });
});

describe('names', () => {
  const x = input('x', 'data', ['N', 2], 'Anything.');

  it('an output may be an input', () => checkExport(buildGraph('g', { y: x, z: neg(x) })));

  it('an output may be a constant, a scalar or an array', () => {
    const array = constant({ data: Float32Array.of(1, 2, 3), shape: [3, 1] });
    return checkExport(buildGraph('g', { one: constant(1.5), array, sum: add(x, 1.5) }));
  });

  it('a value may have two names, and be used besides', () => {
    const y = exp(x);
    return checkExport(buildGraph('g', { a: y, b: y, c: neg(y), d: x, e: x }));
  });

  it('a row that writes no node may end in an output', () => {
    const [y, z] = [x, neg(x)].map((v) => apply(ops.Pad, [v], { axis: 1, before: 0, after: 0 }));
    return checkExport(buildGraph('g', { y, z, w: z }));
  });

  it('may be those that nodes and constants usually get', () => {
    const [a, b] = ['Add', 'ints'].map((name) => input(name, 'data', ['N', 2], 'Anything.'));
    const sum = add(add(a, b), 0.5);
    const wide = expand(reshape(sum, ['N', 1, 2]), ['N', 3, 2]);
    return checkExport(buildGraph('g', { float: sum, Add_1: sum, Expand: wide, constant: add(b, sum) }));
  });

  it('of open axes stay', () => {
    const y = reshape(expand(reshape(x, ['N', 1, 2]), ['N', 3, 2]), ['3N', 2]);
    const graph = buildGraph('g', { y }, [x]);
    const dims = (batch?: number) => {
      const { inputs, outputs } = lower(graph, exportTarget, { batch });
      return [...inputs, ...outputs].map((info) => info.dims.join());
    };
    expect(dims()).toEqual(['N,2', '3N,2']);
    expect(dims(4)).toEqual(['4,2', '12,2']);
  });

  it('an input that nothing uses is fed all the same', () =>
    checkExport(buildGraph('g', { y: neg(x) }, [batchInput])));

  it('a batch size that no input tells is refused when the graph is written out', () => {
    const shape: Shape = ['N', 2];
    const graph = buildGraph('g', { y: expand(constant(1), shape) });
    expect(() => lower(graph, exportTarget)).toThrow(
      expect.objectContaining({
        code: 'bad-shape',
        message: 'lower: [N, 2] needs N, but no input begins with it. Fix the batch.',
      }),
    );
    expect(lower(graph, exportTarget, { batch: 3 }).outputs[0].dims).toEqual([3, 2]);
  });
});

describe('constants', () => {
  it('are written once', () => {
    const x = input('x', 'data', ['N', 2], 'Anything.');
    const y = add(mul(add(x, 2), 3), 2);
    const { initializers } = lower(buildGraph('g', { y }), exportTarget);
    expect(initializers.map(({ data }) => [...data])).toEqual([[2], [3]]);
  });
});
