import { describe, expect, it } from 'vitest';
import { gradients } from '../autodiff/gradients.js';
import { evaluate } from '../engines/reference/index.js';
import { buildGraph } from '../graph/graph.js';
import type { Shape } from '../graph/shape.js';
import { input, type Value } from '../graph/value.js';
import { mul, neg } from './elementwise.js';
import { reduceSum, sumAll, sumPerSample } from './reduce.js';
import { expand } from './shape.js';

const of = (...shape: Shape) => input('x', 'data', shape, 'Anything.');

it.each<[string, Value, Shape]>([
  ['an axis goes', reduceSum(of('N', 2, 3), [1]), ['N', 3]],
  ['an axis stays with extent 1', reduceSum(of('N', 2, 3), [1], true), ['N', 1, 3]],
  ['the batch goes', reduceSum(of('3N', 2), [0]), [2]],
  ['all but the batch go', sumPerSample(of('N', 2, 3)), ['N']],
  ['everything goes', sumAll(of('N', 2, 3)), []],
])('%s', (_, value, shape) => {
  expect(value.shape).toEqual(shape);
});

it('nothing to sum adds no operator', () => {
  const [scalar, vector] = [of(), of('N')];
  expect(sumAll(scalar)).toBe(scalar);
  expect(sumPerSample(vector)).toBe(vector);
});

it.each<[() => Value, string]>([
  [() => reduceSum(of('N', 2), [2]), 'ReduceSum: [N, 2] has no axis 2.'],
  [() => reduceSum(of('N', 2), [0, -1]), 'ReduceSum: [N, 2] has no axis -1.'],
])('an axis that is not there is refused: %#', (write, message) => {
  expect(write).toThrow(expect.objectContaining({ name: 'TrainerError', code: 'bad-shape', message }));
});

describe('equal summands', () => {
  const row = input('row', 'data', ['N', 1, 2], 'Anything.');
  const feeds = { row: [1, -2, 3, 0.5] };
  const sumsOf = (sum: Value) => {
    const graph = buildGraph('sum', { sum }, [row]);
    return { names: graph.nodes.map(({ op }) => op.name), sums: [...evaluate(graph, feeds, 2).sum.data] };
  };
  const three = expand(row, ['N', 3, 2]);

  it.each<[string, Value, number[]]>([
    ['with others', reduceSum(three, [0, 1]), [12, -4.5]],
    ['alone, in one axis', reduceSum(three, [1], true), [3, -6, 9, 1.5]],
  ])('are counted: %s', (_, sum, sums) => expect(sumsOf(sum)).toEqual({ names: ['ReduceSum', 'Mul'], sums }));

  it.each<[string, Value, number[]]>([
    ['axes that stay', reduceSum(three, [2]), [-1, -1, -1, 3.5, 3.5, 3.5]],
    ['an open batch', sumAll(expand(reduceSum(row, [0], true), ['N', 1, 2])), [5]],
  ])('are added where they are repeated along %s', (_, sum, sums) => {
    const found = sumsOf(sum);
    expect(found.names).toContain('Expand');
    expect(found.sums).toEqual(sums);
  });
});

describe('a number that summands have in common', () => {
  const [x, y] = ['x', 'y'].map((name) => input(name, 'data', ['N', 2], 'Anything.'));
  const feeds = { x: [1, -2, 3, 0.5], y: [4, 5, -6, 0.25] };
  const dots = [1 * 4 - 2 * 5, 3 * -6 + 0.5 * 0.25];
  const sums = [-1, 3.5];
  it.each<[string, Value, string[], number[]]>([
    ['Σ −x', neg(x), ['ReduceSum', 'Neg'], sums.map((sum) => -sum)],
    ['Σ 3x', mul(x, 3), ['ReduceSum', 'Mul'], sums.map((sum) => 3 * sum)],
    ['Σ x·(−y)', mul(x, neg(y)), ['Mul', 'ReduceSum', 'Neg'], dots.map((sum) => -sum)],
    ['Σ ½x·(3y)', mul(mul(0.5, x), mul(3, y)), ['Mul', 'ReduceSum', 'Mul'], dots.map((sum) => 1.5 * sum)],
    ['Σ −x·(−y)', mul(neg(x), neg(y)), ['Mul', 'ReduceSum'], dots],
  ])('multiplies their sum: %s', (_, summed, names, expected) => {
    const graph = buildGraph('sum', { sum: reduceSum(summed, [1]) }, [x, y]);
    expect(graph.nodes.map(({ op }) => op.name)).toEqual(names);
    expect([...evaluate(graph, feeds, 2).sum.data]).toEqual(expected);
  });

  it('multiplies the gradient of their sum before it is repeated', () => {
    const [slope] = gradients(sumAll(mul(3, x)), [x]);
    expect(buildGraph('g', { slope }).nodes.at(-1)?.op.name).toBe('Expand');
    expect([...evaluate(buildGraph('g', { slope }, [x]), feeds, 2).slope.data]).toEqual([3, 3, 3, 3]);
  });
});
