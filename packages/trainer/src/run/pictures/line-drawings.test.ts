import { expect, it } from 'vitest';
import { drawLines, extent } from './line-drawings.js';

/** The dark rows of one column of a picture. */
const darkIn = (picture: Float32Array, column: number) =>
  Array.from({ length: 48 }, (_, row) => row).filter((row) => picture[row * 96 + column] === 0);
const span = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

it('draws a rising line from the lower left to the upper right, without gaps', () => {
  const data = Float32Array.from({ length: 100 }, (_, i) => i);
  const { data: drawn, shape } = drawLines({ data, shape: [1, 100] }, extent(data));
  expect(shape).toEqual([1, 1, 48, 96]);
  const dark = (column: number) => darkIn(drawn, column);
  expect(dark(0)).toEqual([45]);
  expect(dark(95).at(0)).toBe(2);
  for (let column = 1; column < 96; column++)
    expect(dark(column).at(-1)).toBeGreaterThanOrEqual(dark(column - 1)[0] - 1);
});

it('draws few numbers as bars on zero, with a gap between them', () => {
  const { data } = drawLines({ data: Float32Array.of(3, -3, 0), shape: [1, 3] }, [-3, 3]);
  // Rows 2 to 45 are 3 to −3, so 0 is at 45 − 3 × 43 / 6 = 23.5, rounded up; each bar has 96 / 3 columns.
  expect([0, 30].map((column) => darkIn(data, column))).toEqual([span(2, 24), span(2, 24)]);
  expect([32, 62].map((column) => darkIn(data, column))).toEqual([span(24, 45), span(24, 45)]);
  expect(darkIn(data, 64)).toEqual([24]);
  for (const gap of [31, 63, 95]) expect(darkIn(data, gap)).toEqual([]);
});

it('draws 24 numbers as bars, and more as a line', () => {
  const gaps = (count: number) => {
    const data = new Float32Array(count).fill(1);
    const drawn = drawLines({ data, shape: [1, count] }, [0, 1]).data;
    return span(0, 95).filter((column) => darkIn(drawn, column).length === 0).length;
  };
  expect([24, 25].map(gaps)).toEqual([24, 0]);
});

it('keeps samples of any shape on one scale, and values outside of it at the edge', () => {
  const { data, shape } = drawLines({ data: Float32Array.of(1, 1, 9, 9), shape: [2, 1, 2] }, [1, 3]);
  expect(shape).toEqual([2, 1, 48, 96]);
  expect(darkIn(data, 0)).toEqual([45]);
  expect(darkIn(data.subarray(48 * 96), 0)).toEqual(span(2, 45));
  const same = drawLines({ data: Float32Array.of(5), shape: [1, 1] }, [5, 5]).data;
  expect(darkIn(same, 0)).toEqual([45]);
});
