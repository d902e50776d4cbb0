import { expect, it } from 'vitest';
import { evaluate } from '../engines/reference/index.js';
import { buildGraph } from '../graph/graph.js';
import { input, type Value } from '../graph/value.js';
import { exp, expand, mul, neg } from '../ops/index.js';
import { sumFactored } from './common-factor.js';

const shape = ['N', 3] as const;
const [x, y] = ['x', 'y'].map((name) => input(name, 'data', shape, 'Any numbers.'));
const [g, h] = ['g', 'h'].map((name) => input(name, 'data', ['N', 1], 'A factor of each row.'));
const feeds = {
  x: [1, -2, 3, 0.5, 0, -7],
  y: [4, 5, -6, 0.25, 2, 1],
  g: [2, -3],
  h: [-1, 5],
};
const wide = (value: Value) => expand(value, shape);
const opsOf = (value: Value) => buildGraph('sum', { value }).nodes.map(({ op }) => op.name);

type Terms = readonly Value[];

it.each<[string, Terms, string[], (i: number, row: number) => number]>([
  ['g·x + g·y', [mul(g, x), mul(g, y)], ['Add', 'Mul'], (i, n) => feeds.g[n] * (feeds.x[i] + feeds.y[i])],
  ['x·g + g·y', [mul(x, g), mul(g, y)], ['Add', 'Mul'], (i, n) => feeds.g[n] * (feeds.x[i] + feeds.y[i])],
  ['g·x + g·x', [mul(g, x), mul(g, x)], ['Mul', 'Mul'], (i, n) => 2 * feeds.g[n] * feeds.x[i]],
  [
    'g·x + (−g)·y',
    [mul(wide(g), x), mul(neg(wide(g)), y)],
    ['Sub', 'Mul'],
    (i, n) => feeds.g[n] * (feeds.x[i] - feeds.y[i]),
  ],
  [
    'y·(−g) + g·x',
    [mul(y, neg(g)), mul(g, x)],
    ['Sub', 'Mul'],
    (i, n) => feeds.g[n] * (feeds.x[i] - feeds.y[i]),
  ],
  [
    '½g·x + (−½g)·y',
    [mul(mul(0.5, g), x), mul(mul(g, -0.5), y)],
    ['Mul', 'Sub', 'Mul'],
    (i, n) => 0.5 * feeds.g[n] * (feeds.x[i] - feeds.y[i]),
  ],
  ['g·x − g, repeated', [mul(g, x), neg(wide(g))], ['Sub', 'Mul'], (i, n) => feeds.g[n] * (feeds.x[i] - 1)],
  ['g + g, repeated', [wide(g), wide(g)], ['Expand', 'Add'], (_, n) => 2 * feeds.g[n]],
  [
    'g·x + h·y',
    [mul(g, x), mul(h, y)],
    ['Mul', 'Mul', 'Add'],
    (i, n) => feeds.g[n] * feeds.x[i] + feeds.h[n] * feeds.y[i],
  ],
  [
    'g·x + h·y + g·y',
    [mul(g, x), mul(h, y), mul(g, y)],
    ['Add', 'Mul', 'Mul', 'Add'],
    (i, n) => feeds.g[n] * (feeds.x[i] + feeds.y[i]) + feeds.h[n] * feeds.y[i],
  ],
  [
    'exp(x) + g·y',
    [exp(x), mul(g, y)],
    ['Exp', 'Mul', 'Add'],
    (i, n) => Math.exp(feeds.x[i]) + feeds.g[n] * feeds.y[i],
  ],
  ['x alone', [x], [], (i) => feeds.x[i]],
])('adds %s', (_, terms, ops, expected) => {
  const sum = sumFactored(terms);
  expect(
    opsOf(sum)
      .filter((name) => name !== 'Neg')
      .sort(),
  ).toEqual([...ops].sort());
  const { value } = evaluate(buildGraph('sum', { value: sum }, [x, y, g, h]), feeds, 2);
  for (const [i, found] of [...value.data].entries())
    expect(found).toBeCloseTo(expected(i, Math.floor(i / 3)), 12);
});
