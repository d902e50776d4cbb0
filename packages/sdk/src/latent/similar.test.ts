import { describe, expect, it } from 'vitest';
import { VaeError } from '../errors.js';
import { normal } from '../random/index.js';
import { priorSample, similar } from './index.js';

describe('similar', () => {
  it('is sqrt(1 - amount^2) z + amount eps, the variants of a latent side by side', () => {
    const noise = [
      [1, 0],
      [0, 1],
      [-1, 2],
      [0, 0],
    ];
    const { data, shape } = similar(
      [
        [1, 2],
        [3, -4],
      ],
      { n: 2, amount: 0.6, noise },
    );
    expect(shape).toEqual([4, 2]);
    // 0.8 z + 0.6 eps
    for (const [i, value] of [1.4, 1.6, 0.8, 2.2, 1.8, -2, 2.4, -3.2].entries())
      expect(data[i]).toBeCloseTo(value, 6);
  });

  it('draws variant k of row i with stream similar, step k and index i', () => {
    const drawn = similar([[0, 0, 0]], { n: 3, amount: 1, seed: 5, first: 2 });
    const expected = [0, 1, 2].flatMap((step) => [
      ...normal({ seed: 5, stream: 'similar', step, index: 2 }, 3),
    ]);
    expect([...drawn.data]).toEqual(expected);
    const inBatch = similar(
      [[9], [9], [0]].map(([v]) => [v!, v!, v!]),
      { n: 4, amount: 1, seed: 5 },
    );
    expect(inBatch.data.subarray(24, 33)).toEqual(drawn.data);
  });

  it('keeps standard-normal latents standard-normal', () => {
    const z = priorSample(50_000, 2, { seed: 1 });
    const { data } = similar(z, { n: 2, amount: 0.7, seed: 2 });
    const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
    const variance = data.reduce((sum, value) => sum + value * value, 0) / data.length;
    const product = data.reduce((sum, value, i) => sum + value * z.data[2 * Math.floor(i / 4) + (i % 2)]!, 0);
    // The two variants of a latent share it, so there are about 100,000 independent values: four standard errors.
    expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(1e5));
    expect(Math.abs(variance - 1)).toBeLessThan(4 * Math.sqrt(2 / 1e5));
    expect(Math.abs(product / data.length - Math.sqrt(0.51))).toBeLessThan(4 * Math.sqrt(2 / 1e5));
  });

  it('copies with amount 0, and takes images and one flat latent', () => {
    const image = { data: Float32Array.of(1, 2, 3, 4), shape: [1, 1, 2, 2] };
    expect(similar(image, { n: 2, amount: 0 })).toEqual({
      data: Float32Array.of(1, 2, 3, 4, 1, 2, 3, 4),
      shape: [2, 1, 2, 2],
    });
    expect(similar([1, 2, 3]).shape).toEqual([8, 3]);
    expect(similar({ data: [], shape: [0, 2] }).shape).toEqual([0, 2]);
  });

  it.each([
    [{ n: 0 }, 'similar: n is 0, expected a whole number >= 1.'],
    [{ amount: 1.5 }, 'similar: amount is 1.5, expected a number from 0 to 1.'],
    [{ amount: Number.NaN }, 'amount is NaN'],
    [{ n: 2, noise: [1, 2] }, 'similar: noise is [2], expected [2, 2].'],
    [{ n: 1, noise: [1, 2], seed: 1 }, 'give either a seed or the noise, not both'],
    [{ n: 2 ** 31 }, 'more than 2^31 - 1 elements'],
  ])('refuses %j', (options, text) => {
    const failing = () => similar([[0, 0]], options);
    expect(failing).toThrow(text);
    expect(failing).toThrow(VaeError);
  });

  it('refuses a scalar', () => {
    expect(() => similar({ data: [1], shape: [] })).toThrow(
      'similar: z is [], expected [N, ...latent] or [D].',
    );
  });
});
