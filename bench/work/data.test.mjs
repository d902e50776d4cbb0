import { expect, it } from 'vitest';
import { pixel, samplesOf } from './data.mjs';

it('has 13 % white pixels without a pattern in neighbours', () => {
  const pixels = Array.from({ length: 784 * 500 }, (_, index) => pixel(index));
  const share = pixels.reduce((a, b) => a + b) / pixels.length;
  const pairs =
    pixels.filter((value, index) => value === 1 && pixels[index - 1] === 1).length / pixels.length;
  // Deviations of a mean of 392,000 draws: √(p(1 − p)/n) ≈ 0.0005, and about 0.0002 for pairs.
  expect(Math.abs(share - 0.13)).toBeLessThan(0.003);
  expect(Math.abs(pairs - 0.13 ** 2)).toBeLessThan(0.0015);
});

it('fits into 32 MiB where batches allow it', () => {
  // 2²³ numbers: 10,699 images of 784 and 682 of 12,288, held to 8192 at most and 1024 at least
  expect([samplesOf(784), samplesOf(12_288), samplesOf(2 ** 12)]).toEqual([8192, 1024, 2048]);
});
