import { describe, expect, it } from 'vitest';
import { type Picture, resize } from './index.js';

const grey = (width: number, height: number, ...values: number[]): Picture => ({
  width,
  height,
  channels: 1,
  data: Uint8Array.from(values),
});

describe('resize', () => {
  const sizes = [1, 2, 3, 5, 7, 28];
  const cases = sizes.flatMap((from) => sizes.map((to) => [from, to] as const));

  it.each(cases)('keeps one colour exactly, %i to %i', (from, to) => {
    const data = new Uint8Array(from * 4 * 3).map((_, i) => [255, 1, 77][i % 3]!);
    const small = resize({ width: from, height: 4, channels: 3, data }, to, from);
    expect(small).toMatchObject({ width: to, height: from, channels: 3 });
    expect([...small.data]).toEqual(Array.from({ length: to * from * 3 }, (_, i) => [255, 1, 77][i % 3]));
  });

  it('gives means of 2 x 2 pixels at half the size', () => {
    // (0 + 10 + 20 + 31) / 4 = 15.25; (100 + 200 + 255 + 255) / 4 = 202.5, rounded up
    const picture = grey(4, 2, 0, 10, 100, 200, 20, 31, 255, 255);
    expect([...resize(picture, 2, 1).data]).toEqual([15, 203]);
  });

  it('weighs pixels by the area that is covered', () => {
    // Of three pixels, two cover one and a half each: (60 + 90 / 2) / 1.5 = 70 and (90 / 2 + 120) / 1.5 = 110.
    expect([...resize(grey(3, 1, 60, 90, 120), 2, 1).data]).toEqual([70, 110]);
    expect([...resize(grey(1, 3, 60, 90, 120), 1, 2).data]).toEqual([70, 110]);
    // Of five, three cover 5/3: (0 + 50 · 2/3) / (5/3) = 20, (50 / 3 + 100 + 200 / 3) / (5/3) = 110.
    expect([...resize(grey(5, 1, 0, 50, 100, 200, 200), 3, 1).data]).toEqual([20, 110, 200]);
  });

  it('is linear between the middles of pixels where it grows, and level beyond them', () => {
    // Twice as large: the middles lie at -1/4, 1/4, 3/4 and 5/4 of the way from the first pixel to the second.
    expect([...resize(grey(2, 1, 0, 100), 4, 1).data]).toEqual([0, 25, 75, 100]);
    expect([...resize(grey(1, 2, 0, 100), 1, 4).data]).toEqual([0, 25, 75, 100]);
    // A ramp stays a ramp: place o of 12 lies at (o + 1/2) / 3 - 1/2 of pixels that rise by 60.
    const ramp = resize(grey(4, 1, 0, 60, 120, 180), 12, 1).data;
    expect([...ramp]).toEqual(Array.from({ length: 12 }, (_, o) => Math.min(180, Math.max(0, 20 * o - 20))));
  });

  it('shrinks one side and enlarges the other', () => {
    expect([...resize(grey(2, 2, 0, 20, 100, 120), 1, 4).data]).toEqual([10, 35, 85, 110]);
  });

  it('adds no values with nearest', () => {
    const picture = grey(2, 1, 7, 9);
    expect([...resize(picture, 5, 1, 'nearest').data]).toEqual([7, 7, 9, 9, 9]);
    expect([...resize(grey(5, 1, 1, 2, 3, 4, 5), 2, 1, 'nearest').data]).toEqual([2, 4]);
    expect([...resize(picture, 4, 2, 'nearest').data]).toEqual([7, 7, 9, 9, 7, 7, 9, 9]);
  });

  it('refuses impossible sizes', () => {
    const picture = grey(1, 1, 0);
    expect(() => resize(picture, 0, 1)).toThrow('resize: to 0 x 1 pixels');
    expect(() => resize(picture, 1.5, 1)).toThrow('to 1.5 x 1 pixels');
    expect(() => resize(picture, 2 ** 15, 2 ** 14)).toThrow('needs 1 to 2^28 pixels');
    expect(() => resize(picture, 2, 2, 'cubic' as 'smooth')).toThrow("method is 'cubic'");
  });
});
