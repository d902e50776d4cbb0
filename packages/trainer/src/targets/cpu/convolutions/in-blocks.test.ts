import { describe, expect, it } from 'vitest';
import { divided } from './in-blocks.js';

describe('pixels in blocks', () => {
  it.each([
    [196, 16, { count: 14, size: 14 }],
    [64, 16, { count: 4, size: 16 }],
    [1, 16, { count: 1, size: 9 }],
    [10, 1, { count: 10, size: 1 }],
  ])('%i, at most %i in one, leave few places over', (pixels, most, blocks) => {
    expect(divided(pixels, most)).toEqual(blocks);
  });

  it('have a place for every pixel, and waste less than a tenth of them', () => {
    for (let pixels = 50; pixels < 1200; pixels++)
      for (const most of [5, 9, 16]) {
        const { count, size } = divided(pixels, most);
        expect(size).toBeLessThanOrEqual(most);
        expect(count * size).toBeGreaterThanOrEqual(pixels);
        expect(count * size).toBeLessThan(1.1 * pixels);
      }
  });
});
