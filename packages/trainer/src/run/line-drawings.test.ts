import { expect, it } from 'vitest';
import { drawLines, extent } from './line-drawings.js';

it('draws a rising line from the lower left to the upper right, without gaps', () => {
  const data = Float32Array.from({ length: 10 }, (_, i) => i);
  const { data: drawn, shape } = drawLines({ data, shape: [1, 10] }, extent(data));
  expect(shape).toEqual([1, 1, 48, 96]);
  const dark = (column: number) =>
    Array.from({ length: 48 }, (_, row) => row).filter((row) => drawn[row * 96 + column] === 0);
  expect(dark(0)).toEqual([45]);
  expect(dark(95).at(0)).toBe(2);
  for (let column = 1; column < 96; column++)
    expect(dark(column).at(-1)).toBeGreaterThanOrEqual(dark(column - 1)[0]! - 1);
});

it('keeps samples of any shape on one scale, and values outside of it at the edge', () => {
  const { data, shape } = drawLines({ data: Float32Array.of(0, 0, 9, 9), shape: [2, 1, 2] }, [0, 3]);
  expect(shape).toEqual([2, 1, 48, 96]);
  expect([data[45 * 96], data[48 * 96 + 2 * 96]]).toEqual([0, 0]);
  const flat = drawLines({ data: Float32Array.of(5), shape: [1, 1] }, [5, 5]);
  expect(flat.data.filter((value) => value === 0)).toHaveLength(96);
});
