import { describe, expect, it } from 'vitest';
import { gradients } from '../autodiff/gradients.js';
import { evaluate } from '../engines/reference/index.js';
import { add, conv, exp, matMul, mul, neg, reduceSum, relu, sub, sumAll } from '../ops/index.js';
import { ancestors, buildGraph, toText } from './graph.js';
import { constant, input, type Value } from './value.js';

const x = input('x', 'data', ['N', 3], 'Rows of three.');
const w = input('w', 'state', [3, 2], 'Weight.');
const b = input('b', 'state', [2], 'Bias.');

describe('the text of a graph', () => {
  it('has a line for each input, operator and output', () => {
    expect(toText(buildGraph('dense', { y: relu(add(matMul(x, w), b)) }))).toBe(
      [
        'x: data [N, 3]',
        'w: state [3, 2]',
        'b: state [2]',
        '%0 = MatMul(x, w) transA=false transB=false [N, 2]',
        '%1 = Add(%0, b) [N, 2]',
        '%2 = Relu(%1) [N, 2]',
        'y <- %2',
      ].join('\n'),
    );
  });

  it('shows numbers in place, and arrays by number and shape', () => {
    const row = constant({ data: Float32Array.of(1, 2, 3), shape: [1, 3] });
    expect(toText(buildGraph('g', { y: mul(add(x, row), 0.5), one: constant(1), row }))).toBe(
      [
        'x: data [N, 3]',
        '%0 = Add(x, const0[1, 3]) [N, 3]',
        '%1 = Mul(%0, 0.5) [N, 3]',
        'y <- %1',
        'one <- 1',
        'row <- const0[1, 3]',
      ].join('\n'),
    );
  });

  it('shows attributes', () => {
    const image = input('image', 'data', ['N', 1, 5, 4], 'Grey.');
    const kernel = input('kernel', 'weight', [2, 1, 3, 3], 'Weight.');
    const y = conv(image, kernel, { strides: [2, 1], pads: [1, 0, 1, 0] });
    expect(toText(buildGraph('g', { y: reduceSum(y, [2, 3]) }))).toBe(
      [
        'image: data [N, 1, 5, 4]',
        'kernel: weight [2, 1, 3, 3]',
        '%0 = Conv(image, kernel) strides=[2,1] pads=[1,0,1,0] [N, 2, 3, 2]',
        '%1 = ReduceSum(%0) axes=[2,3] keepDims=false [N, 2]',
        'y <- %1',
      ].join('\n'),
    );
  });

  it('shows the gradient as a graph like any other', () => {
    const [dw] = gradients(sumAll(matMul(x, w)), [w]);
    expect(toText(buildGraph('slope', { dw }))).toBe(
      [
        'x: data [N, 3]',
        '%0 = Expand(1) shape=["N",2] [N, 2]',
        '%1 = MatMul(x, %0) transA=true transB=false [3, 2]',
        'dw <- %1',
      ].join('\n'),
    );
  });
});

describe('building a graph', () => {
  it('keeps a shared value once, after what it needs', () => {
    const e = exp(x);
    const graph = buildGraph('g', { y: mul(e, relu(e)), e });
    expect(graph.nodes.map(({ op }) => op.name)).toEqual(['Exp', 'Relu', 'Mul']);
    expect(graph.nodes[0]).toBe(e);
  });

  it('leaves out what no output needs', () => {
    const wanted = exp(x);
    mul(matMul(wanted, w), 2);
    const graph = buildGraph('g', { wanted });
    expect(graph.nodes).toEqual([wanted]);
    expect(graph.inputs).toEqual([x]);
    expect(graph.constants).toEqual([]);
  });

  it('puts the inputs asked for first, used or not, and none twice', () => {
    const graph = buildGraph('g', { y: add(matMul(x, w), b) }, [b, input('unused', 'noise', [], 'Nothing.')]);
    expect(graph.inputs.map(({ name }) => name)).toEqual(['b', 'unused', 'x', 'w']);
  });

  it('takes inputs and constants as outputs', () => {
    const one = constant(1);
    const graph = buildGraph('g', { x, one });
    expect([graph.nodes, graph.inputs, graph.constants]).toEqual([[], [x], [one]]);
  });

  it('keeps the order of the outputs', () => {
    expect([...buildGraph('g', { z: neg(x), a: exp(x) }).outputs.keys()]).toEqual(['z', 'a']);
  });

  it('refuses two inputs of one name', () => {
    const other = input('x', 'noise', ['N', 3], 'Another.');
    expect(() => buildGraph('step', { y: sub(x, other) })).toThrow(
      expect.objectContaining({
        name: 'TrainerError',
        code: 'bad-shape',
        message: 'graph "step": two inputs are named "x". Rename one.',
      }),
    );
    expect(() => buildGraph('step', { y: neg(x) }, [other])).toThrow('two inputs are named "x"');
  });

  it('and its gradient survive a chain of ten thousand operators', () => {
    const start = input('start', 'scalar', [], 'Where the chain begins.');
    let value: Value = start;
    for (let i = 0; i < 10_000; i++) value = add(value, 1);
    expect(ancestors([value])).toHaveLength(20_001);
    const [slope] = gradients(mul(value, value), [start]);
    const graph = buildGraph('chain', { value, slope });
    expect(toText(graph).split('\n')).toHaveLength(1 + graph.nodes.length + 2);
    const results = evaluate(graph, { start: [5] }, 1);
    expect([results.value.data[0], results.slope.data[0]]).toEqual([10_005, 20_010]);
  });
});
