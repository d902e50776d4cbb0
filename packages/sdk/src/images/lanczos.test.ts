import { describe, expect, it } from 'vitest';
import type { Picture } from '../media/picture.js';
import { lanczos } from './lanczos.js';

const row = (values: number[]): Picture => ({
  width: values.length,
  height: 1,
  channels: 1,
  data: Uint8Array.from(values),
});
const column = ({ width, data }: Picture): Picture => ({ width: 1, height: width, channels: 1, data });

/** The Lanczos window with three lobes, from its definition. */
const window3 = (x: number) =>
  x === 0 ? 1 : (3 * Math.sin(Math.PI * x) * Math.sin((Math.PI * x) / 3)) / (Math.PI * x) ** 2;

describe('scaling as libvips does', () => {
  it('keeps one colour, whatever the sizes', () => {
    const data = new Uint8Array(37 * 11 * 3).map((_, i) => [10, 200, 255][i % 3]!);
    for (const [width, height] of [
      [5, 2],
      [36, 11],
      [64, 50],
      [1, 1],
    ] as const) {
      const scaled = lanczos({ width: 37, height: 11, channels: 3, data }, width, height);
      expect([scaled.width, scaled.height]).toEqual([width, height]);
      expect([...scaled.data].every((value, i) => value === [10, 200, 255][i % 3])).toBe(true);
    }
  });

  it('weighs neighbours by the window where a side shrinks', () => {
    const values = [0, 0, 0, 0, 0, 200, 0, 0, 0, 0, 0, 0];
    // Place p has its middle at 2 p + 1/2 old pixels, and the window is twice as wide as at size 1.
    const expected = Array.from({ length: 6 }, (_, p) => {
      const middle = 2 * p + 0.5;
      const weights = Array.from({ length: 41 }, (_, i) => i - 20).map((i) => ({
        i,
        weight: Math.abs(i - middle) < 6 ? window3((i - middle) / 2) : 0,
      }));
      const whole = weights.reduce((sum, { weight }) => sum + weight, 0);
      const at = weights.find(({ i }) => i === 5)!;
      return Math.max(0, Math.floor((200 * at.weight) / whole + 0.5));
    });
    expect([...lanczos(row(values), 6, 1).data]).toEqual(expected);
    expect([...lanczos(column(row(values)), 1, 6).data]).toEqual(expected);
  });

  it('takes means first where a side shrinks a lot', () => {
    // Means of four, 15 and 55, and of those both sides weigh the same.
    expect([...lanczos(row([0, 10, 20, 30, 40, 50, 60, 70]), 1, 1).data]).toEqual([35]);
  });

  it('goes through the pixels where a side grows, half a pixel before their middle', () => {
    // Place p lies at p / 2 - 1/2: between two pixels for even p, on pixel (p - 1) / 2 for odd p.
    const grown = lanczos(row([10, 20, 30, 40]), 8, 1).data;
    expect([1, 3, 5, 7].map((p) => grown[p])).toEqual([10, 20, 30, 40]);
    // On a straight line the cubic is that line.
    expect([grown[4]]).toEqual([25]);
  });
});
