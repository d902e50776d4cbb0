import { expect, it } from 'vitest';
import type { Shape } from '../graph/shape.js';
import { input, type Value } from '../graph/value.js';
import { reduceSum, sumAll, sumPerSample } from './reduce.js';

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
