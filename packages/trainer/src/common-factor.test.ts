import { expect, it } from 'vitest';
import { addFactored } from './common-factor.js';
import { evaluate } from './engines/reference/index.js';
import { buildGraph } from './graph/graph.js';
import { input, type Value } from './graph/value.js';
import { exp, expand, mul, neg } from './ops/index.js';

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

it.each<[string, Value, Value, string[], (i: number, row: number) => number]>([
  ['g·x + g·y', mul(g, x), mul(g, y), ['Add', 'Mul'], (i, n) => feeds.g[n] * (feeds.x[i] + feeds.y[i])],
  ['x·g + g·y', mul(x, g), mul(g, y), ['Add', 'Mul'], (i, n) => feeds.g[n] * (feeds.x[i] + feeds.y[i])],
  [
    'g·x + (−g)·y',
    mul(wide(g), x),
    mul(neg(wide(g)), y),
    ['Sub', 'Mul'],
    (i, n) => feeds.g[n] * (feeds.x[i] - feeds.y[i]),
  ],
  [
    'y·(−g) + g·x',
    mul(y, neg(g)),
    mul(g, x),
    ['Sub', 'Mul'],
    (i, n) => feeds.g[n] * (feeds.x[i] - feeds.y[i]),
  ],
  [
    'g·x + h·y',
    mul(g, x),
    mul(h, y),
    ['Mul', 'Mul', 'Add'],
    (i, n) => feeds.g[n] * feeds.x[i] + feeds.h[n] * feeds.y[i],
  ],
  [
    'exp(x) + g·y',
    exp(x),
    mul(g, y),
    ['Exp', 'Mul', 'Add'],
    (i, n) => Math.exp(feeds.x[i]) + feeds.g[n] * feeds.y[i],
  ],
])('adds %s', (_, a, b, ops, expected) => {
  const sum = addFactored(a, b);
  expect(
    opsOf(sum)
      .filter((name) => name !== 'Neg')
      .sort(),
  ).toEqual([...ops].sort());
  const { value } = evaluate(buildGraph('sum', { value: sum }, [x, y, g, h]), feeds, 2);
  for (const [i, found] of [...value.data].entries())
    expect(found).toBeCloseTo(expected(i, Math.floor(i / 3)), 12);
});
