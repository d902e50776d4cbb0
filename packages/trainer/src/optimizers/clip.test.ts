import { describe, expect, it } from 'vitest';
import { buildGraph } from '../graph/graph.js';
import { input } from '../graph/value.js';
import { bytesOf } from '../targets/testing/check-export.js';
import { difference, numbersOf } from '../testing/numbers-of.js';
import { runOnnx } from '../testing/run-onnx.js';
import { clipByNorm, finiteNorm, globalNorm } from './clip.js';

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

  // √(3² + 4² + 12²) = 13, in units of what is squared beyond float32, within it and below it
  it.each([1e36, 1e19, 1, 1e-15])('measures gradients of %d in float32', async (unit) => {
    const norm = finiteNorm(gradients);
    const [a, b] = clipByNorm(gradients, norm, 6.5);
    const fed = {
      a: { data: Float32Array.of(3 * unit, -4 * unit), shape: [2] },
      b: { data: Float32Array.of(12 * unit), shape: [1] },
    };
    const [found] = await runOnnx(bytesOf(buildGraph('clip', { norm, clippedA: a, clippedB: b })), fed);
    expect(found.norm.data[0] / unit).toBeCloseTo(13, 5);
    const expected = [3, -4, 12].map((value) => value * Math.min(unit, 0.5));
    expect(difference([...found.clippedA.data, ...found.clippedB.data], expected)).toBeLessThan(1e-5);
  });
});
