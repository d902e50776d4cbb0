import { describe, expect, it } from 'vitest';
import { buildGraph } from '../graph/graph.js';
import { input, type Value } from '../graph/value.js';
import { add, div, elu, leakyRelu, max, min, mul, sub } from './elementwise.js';
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
