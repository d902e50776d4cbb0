import { describe, expect, it } from 'vitest';
import { matMul } from '../../ops/index.js';
import { array, counting, run } from './testing/run-op.js';

describe('products of matrices', () => {
  // [1 2 3; 4 5 6] · [1 2; 3 4; 5 6] = [22 28; 49 64]
  const [a, b] = [counting(2, 3), counting(3, 2)];
  const [aT, bT] = [array([3, 2], [1, 4, 2, 5, 3, 6]), array([2, 3], [1, 3, 5, 2, 4, 6])];
  const expected = array([2, 2], [22, 28, 49, 64]);

  it('with each operand as it is or transposed', () => {
    expect(run((x, y) => matMul(x, y), a, b)).toEqual(expected);
    expect(run((x, y) => matMul(x, y, { transA: true }), aT, b)).toEqual(expected);
    expect(run((x, y) => matMul(x, y, { transB: true }), a, bT)).toEqual(expected);
    expect(run((x, y) => matMul(x, y, { transA: true, transB: true }), aT, bT)).toEqual(expected);
  });

  it('of a column and a row, and of a row and a column', () => {
    expect(run((x, y) => matMul(x, y), counting(2, 1), counting(1, 3))).toEqual(
      array([2, 3], [1, 2, 3, 2, 4, 6]),
    );
    expect(run((x, y) => matMul(x, y), counting(1, 3), counting(3, 1))).toEqual(array([1, 1], [14]));
  });
});
