import { describe, expect, it } from 'vitest';
import { input } from '../graph/value.js';
import { difference, numbersOf } from '../testing/numbers-of.js';
import { clipByNorm, globalNorm } from './clip.js';

const gradients = [input('a', 'data', [2], ''), input('b', 'data', [1], '')];
const norm = globalNorm(gradients);
// √(3² + 4² + 12²) = 13
const feeds = { a: [3, -4], b: [12] };
const clipped = (limit: number, given: Record<string, number[]> = feeds): number[] =>
  clipByNorm(gradients, norm, limit).flatMap((value) => numbersOf(value, given));

describe('clipping', () => {
  it('measures all gradients together', () => {
    expect(numbersOf(norm, feeds)).toEqual([13]);
    expect(numbersOf(globalNorm([]))).toEqual([0]);
  });

  it('scales all gradients by one factor where their norm is above the limit', () => {
    // Half of everything, as clip_by_global_norm(6.5) of optax 0.2.8 has it too
    expect(difference(clipped(6.5), [1.5, -2, 6])).toBeLessThan(1e-12);
  });

  it('leaves shorter gradients and zeros as they are', () => {
    expect(clipped(20)).toEqual([3, -4, 12]);
    expect(clipped(1, { a: [0, 0], b: [0] })).toEqual([0, 0, 0].map(Math.abs));
  });
});
