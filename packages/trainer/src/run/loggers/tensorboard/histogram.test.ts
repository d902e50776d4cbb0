import { expect, it } from 'vitest';
import { histogramOf } from './histogram.js';

it('counts every value once, the highest in the last bin', () => {
  const values = Array.from({ length: 101 }, (_, i) => i / 100);
  const { counts, limits, min, max, count, sum, sumSquares } = histogramOf(values);
  expect([min, max, count]).toEqual([0, 1, 101]);
  // n(n + 1)/2 and n(n + 1)(2n + 1)/6 for n = 100
  expect(sum).toBeCloseTo(5050 / 100, 9);
  expect(sumSquares).toBeCloseTo(338_350 / 1e4, 9);
  expect(counts.reduce((total, n) => total + n, 0)).toBe(101);
  expect(limits).toHaveLength(50);
  expect(limits.at(-1)).toBe(1);
  expect(limits[0]).toBeCloseTo(0.02, 12);
  expect(counts[0]).toBe(2);
  expect(counts.at(-1)).toBe(3);
});

it('has one bin where all values are the same', () => {
  const { counts, limits } = histogramOf([4, 4, 4]);
  expect([...counts]).toEqual([3]);
  expect([...limits]).toEqual([4]);
});
