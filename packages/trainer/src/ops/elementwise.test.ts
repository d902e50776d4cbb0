import { describe, expect, it } from 'vitest';
import { evaluate } from '../engines/reference/index.js';
import { buildGraph, toText } from '../graph/graph.js';
import { constant, input, type Value } from '../graph/value.js';
import { add, div, elu, leakyRelu, max, min, mul, neg, sub } from './elementwise.js';
import { exp, expand, ops, step } from './index.js';

const x = input('x', 'data', ['N', 3], 'Rows of three.');
const row = input('row', 'data', [3], 'One row.');
const wide = input('wide', 'data', ['N', 4], 'Rows of four.');

describe('shapes', () => {
  it.each([
    ['Add', add],
    ['Sub', sub],
    ['Mul', mul],
    ['Div', div],
    ['Max', max],
    ['Min', min],
  ])('%s broadcasts, or names itself and both shapes', (name, op) => {
    expect(op(x, row).shape).toEqual(['N', 3]);
    expect(op(2, x).shape).toEqual(['N', 3]);
    expect(op(1, 2).shape).toEqual([]);
    expect(() => op(x, wide)).toThrow(
      expect.objectContaining({
        code: 'bad-shape',
        message: `${name}: [N, 3] and [N, 4] do not broadcast (axis 1).`,
      }),
    );
  });

  it('of one operand stay', () => {
    for (const y of [exp(x), step(x), leakyRelu(x, 0.1), elu(x, 1)]) expect(y.shape).toEqual(['N', 3]);
  });
});

describe('an expanded operand', () => {
  const opsOf = (y: Value) => buildGraph('g', { y }).nodes.map(({ op }) => op.name);

  it('is taken as it was where the other one has the full shape', () => {
    expect(opsOf(add(x, expand(row, ['N', 3])))).toEqual(['Add']);
    expect(opsOf(mul(expand(row, ['N', 3]), x))).toEqual(['Mul']);
  });

  it('stays where the result would lose its shape', () => {
    const twice = add(expand(row, ['N', 3]), expand(row, ['N', 3]));
    expect(twice.shape).toEqual(['N', 3]);
    expect(opsOf(twice)).toContain(ops.Expand.name);
    expect(mul(expand(row, ['N', 3]), 2).shape).toEqual(['N', 3]);
  });

  it('is named by the operator and the shape it was written with', () => {
    expect(() => sub(expand(row, ['N', 3]), wide)).toThrow(
      'Sub: [N, 3] and [N, 4] do not broadcast (axis 1).',
    );
    expect(() => sub(wide, expand(row, ['N', 3]))).toThrow(
      'Sub: [N, 4] and [N, 3] do not broadcast (axis 1).',
    );
  });
});

describe('numbers that arrays are multiplied by', () => {
  const narrow = input('narrow', 'data', ['N', 1], 'A number for each row.');
  const values = { x: [1, -2, 3, 0.5, 0, -7], narrow: [2, -3] };
  const product = (of: Value): [string[], number[]] => {
    const graph = buildGraph('g', { y: of }, [x, narrow]);
    return [graph.nodes.map(({ op }) => op.name), [...evaluate(graph, values, 2).y.data]];
  };
  const scaledX = (factor: number) => values.x.map((value) => factor * value);
  const scaledRows = (factor: number) =>
    values.x.map((v, i) => factor * values.narrow[Math.floor(i / 3)] * v);

  it.each<[string, Value, string[], number[]]>([
    ['½ · (3 · x)', mul(0.5, mul(3, x)), ['Mul'], scaledX(1.5)],
    ['(x · ½) · 2', mul(mul(x, 0.5), 2), [], scaledX(1)],
    ['−(−x)', neg(neg(x)), [], scaledX(1)],
    ['−(3 · x)', neg(mul(3, x)), ['Mul'], scaledX(-3)],
    ['−½ · (2 · x)', mul(-0.5, mul(2, x)), ['Neg'], scaledX(-1)],
    ['½ · (narrow · x)', mul(0.5, mul(narrow, x)), ['Mul', 'Mul'], scaledRows(0.5)],
    ['−(x · (½ · narrow))', neg(mul(x, mul(0.5, narrow))), ['Mul', 'Mul'], scaledRows(-0.5)],
  ])('are one: %s', (_, y, names, expected) => {
    const [found, numbers] = product(y);
    expect(found).toEqual(names);
    expect(numbers).toEqual(expected);
  });

  it('multiply what was repeated, before it was', () => {
    const graph = buildGraph('g', { y: mul(2, expand(narrow, ['N', 3])) });
    expect(graph.nodes.map(({ shape }) => shape)).toEqual([
      ['N', 1],
      ['N', 3],
    ]);
  });

  it('of more axes than the array give the product their axes', () => {
    const one = constant({ data: Float32Array.of(1), shape: [1, 1] });
    expect(mul(one, row).shape).toEqual([1, 3]);
    expect(mul(row, mul(one, row)).shape).toEqual([1, 3]);
  });
});

it('a sum with what was negated is a difference', () => {
  for (const y of [add(x, neg(row)), add(neg(row), x)])
    expect(toText(buildGraph('g', { y }))).toContain('%0 = Sub(x, row) [N, 3]');
  expect(() => add(neg(x), wide)).toThrow('Add: [N, 3] and [N, 4] do not broadcast (axis 1).');
});
