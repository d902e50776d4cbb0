import { expect, it } from 'vitest';
import { mixtureSample } from './index.js';
import { kMeans } from './k-means.js';

const line = (values: number[]) => ({ data: Float32Array.from(values), shape: [values.length, 1] });

it.each([0, 1, 2, 3, 4])('finds three far groups whatever the start, here from seed %d', (seed) => {
  const groups = kMeans(line([0, 0.1, 10, 10.1, 20, 20.1, 0.2]), 3, seed);
  expect(new Set(groups).size).toBe(3);
  const [a, , b, , c] = groups;
  expect([...groups]).toEqual([a, a, b, b, c, c, a]);
});

it('settles where every latent is nearest to the mean of its own group', () => {
  const standard = { weights: [1], mean: [[0]], cholesky: [[1]] };
  const rows = mixtureSample(500, standard, { seed: 1 });
  const groups = kMeans(rows, 7, 2);
  const means = Array.from({ length: 7 }, (_, k) => {
    const own = [...rows.data].filter((_, i) => groups[i] === k);
    return own.reduce((sum, value) => sum + value, 0) / own.length;
  });
  for (const [i, value] of rows.data.entries()) {
    const distances = means.map((mean) => Math.abs(value - mean));
    expect(distances[groups[i]!]! - Math.min(...distances)).toBeLessThan(1e-9);
  }
});

it('gives every latent a group of its own when there are as many', () => {
  expect(new Set(kMeans(line([3, 1, 2, 8]), 4, 0)).size).toBe(4);
});
