import { describe, expect, it } from 'vitest';
import { fromHalf, fromHalves, toHalf, toHalves } from './float16.js';

/** Patterns from the tables of IEEE 754-2008 binary16. */
const known: readonly (readonly [number, number])[] = [
  [0, 0x0000],
  [-0, 0x8000],
  [1, 0x3c00],
  [-2, 0xc000],
  [0.5, 0x3800],
  [65504, 0x7bff],
  [2 ** -14, 0x0400],
  [2 ** -14 - 2 ** -24, 0x03ff],
  [2 ** -24, 0x0001],
  [-(2 ** -24), 0x8001],
  [Number.POSITIVE_INFINITY, 0x7c00],
  [Number.NEGATIVE_INFINITY, 0xfc00],
];

describe('half precision', () => {
  it.each(known)('%d is %i both ways', (value, half) => {
    expect(toHalf(value)).toBe(half);
    expect(Object.is(fromHalf(half), value)).toBe(true);
  });

  it('rounds to the nearest, ties to even', () => {
    const step = 2 ** -10;
    // Between 1 (even) and 1 + step (odd), and between 1 + step and 1 + 2 step (even).
    expect(toHalf(1 + step / 2)).toBe(0x3c00);
    expect(toHalf(1 + step / 2 + 2 ** -23)).toBe(0x3c01);
    expect(toHalf(1 + 1.5 * step)).toBe(0x3c02);
    expect(toHalf(0.1)).toBe(0x2e66);
    // A carry goes into the exponent: the middle of 2 - step and 2.
    expect(toHalf(2 - step / 2)).toBe(0x4000);
  });

  it('rounds subnormal numbers and the ends of the range', () => {
    const step = 2 ** -24;
    expect(toHalf(step / 2)).toBe(0);
    expect(toHalf(step * 0.51)).toBe(1);
    expect(toHalf(step * 1.5)).toBe(2);
    expect(toHalf(step * 2.5)).toBe(2);
    // The middle of the largest subnormal (odd) and the smallest normal half.
    expect(toHalf(2 ** -14 - step / 2)).toBe(0x0400);
    expect(toHalf(-1e-30)).toBe(0x8000);
    expect(toHalf(65519)).toBe(0x7bff);
    expect(toHalf(65520)).toBe(0x7c00);
    expect(toHalf(-1e9)).toBe(0xfc00);
    expect(toHalf(Number.NaN) & 0x7c00).toBe(0x7c00);
    expect(fromHalf(toHalf(Number.NaN))).toBeNaN();
  });

  it('gives every half back, and the middle of two neighbours goes to the even one', () => {
    const halves = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const values = fromHalves(halves);
    const back = toHalves(values);
    for (let half = 0; half < 65536; half++) {
      if (Number.isNaN(values[half]!)) expect(fromHalf(back[half]!)).toBeNaN();
      else if (back[half] !== half) throw new Error(`${half} came back as ${back[half]}`);
    }
    for (let half = 0; half < 0x7bff; half++) {
      const middle = (values[half]! + values[half + 1]!) / 2;
      const even = half % 2 === 0 ? half : half + 1;
      if (toHalf(middle) !== even) throw new Error(`the middle above ${half} became ${toHalf(middle)}`);
    }
  });
});
