import { expect, it } from 'vitest';
import type { Shape } from '../graph/shape.js';
import { input, type Value } from '../graph/value.js';
import { matMul } from './linalg.js';

const of = (...shape: Shape) => input('x', 'data', shape, 'Anything.');

it.each<[Value, Shape]>([
  [matMul(of('N', 3), of(3, 2)), ['N', 2]],
  [matMul(of('N', 3), of('N', 2), { transA: true }), [3, 2]],
  [matMul(of('N', 3), of('N', 3), { transB: true }), ['N', 'N']],
  [matMul(of(3, 'N'), of(2, 3), { transA: true, transB: true }), ['N', 2]],
  [matMul(of('3N', 2), of(2, 1)), ['3N', 1]],
])('a product has the outer extents: %#', (value, shape) => {
  expect(value.shape).toEqual(shape);
});

it.each<[() => Value, string]>([
  [() => matMul(of('N', 3), of(2, 3)), 'MatMul: [N, 3] and [2, 3] do not fit: 3 against 2.'],
  [
    () => matMul(of('N', 3), of(3, 2), { transB: true }),
    'MatMul: [N, 3] and [3, 2] do not fit: 3 against 2.',
  ],
  [
    () => matMul(of('N', 3), of(3, 2), { transA: true }),
    'MatMul: [N, 3] and [3, 2] do not fit: N against 3.',
  ],
  [
    () => matMul(of('N', 2), of('3N', 2), { transA: true }),
    'MatMul: [N, 2] and [3N, 2] do not fit: N against 3N.',
  ],
  [() => matMul(of('N', 2, 3), of(3, 2)), 'MatMul: needs two matrices, got [N, 2, 3] and [3, 2].'],
  [() => matMul(of(3, 2), of(2)), 'MatMul: needs two matrices, got [3, 2] and [2].'],
])('what does not fit is refused: %#', (write, message) => {
  expect(write).toThrow(expect.objectContaining({ name: 'TrainerError', code: 'bad-shape', message }));
});
