import { describe, expect, it } from 'vitest';
import { VaeError } from '../errors.js';
import { posteriorStatistics } from './index.js';

const tensor = (values: number[][]) => ({
  data: Float32Array.from(values.flat()),
  shape: [values.length, values[0]!.length],
});

describe('posteriorStatistics', () => {
  // Dimension 0: means 1, 3, variances 1, 1. Dimension 1: means 0, 0, variances e, 1.
  const posterior = {
    mean: tensor([
      [1, 0],
      [3, 0],
    ]),
    logvar: tensor([
      [0, 1],
      [0, 0],
    ]),
  };

  it('follows the law of total variance and the closed form of the KL', () => {
    const statistics = posteriorStatistics();
    statistics.add(posterior);
    const { count, mean, std, meanStd, kl, totalKl, activeUnits } = statistics.result();
    expect({ count, mean, meanStd, activeUnits }).toEqual({
      count: 2,
      mean: [2, 0],
      meanStd: [1, 0],
      activeUnits: 1,
    });
    expect(std[0]).toBeCloseTo(Math.SQRT2, 12);
    expect(std[1]).toBeCloseTo(Math.sqrt((Math.E + 1) / 2), 12);
    // Means 1 and 3: (1/2 + 9/2) / 2. A variance of e: (e - 2) / 2, for one item of two.
    expect(kl[0]).toBeCloseTo(2.5, 12);
    expect(kl[1]).toBeCloseTo((Math.E - 2) / 4, 12);
    expect(totalKl).toBeCloseTo(2.5 + (Math.E - 2) / 4, 12);
  });

  it('counts a dimension as active above a variance of 0.01', () => {
    const variance = (spread: number) => {
      const statistics = posteriorStatistics();
      statistics.add({ mean: tensor([[-spread], [spread]]), logvar: tensor([[0], [0]]) });
      return statistics.result().activeUnits;
    };
    expect(variance(0.0999)).toBe(0);
    expect(variance(0.1001)).toBe(1);
  });

  it('does not depend on the batches', () => {
    const rows = Array.from({ length: 10 }, (_, i) => [Math.sin(i), 100 + i / 7]);
    const logvars = rows.map(([a]) => [-a!, a! / 3]);
    const by = (size: number) => {
      const statistics = posteriorStatistics();
      for (let at = 0; at < 10; at += size)
        statistics.add({
          mean: tensor(rows.slice(at, at + size)),
          logvar: tensor(logvars.slice(at, at + size)),
        });
      return statistics.result();
    };
    expect(by(3)).toEqual(by(10));
  });

  it('keeps a small spread around a large mean', () => {
    const statistics = posteriorStatistics();
    // 2^23 and its neighbours: one-pass sums of squares would lose the spread.
    for (let i = 0; i < 1000; i++)
      statistics.add({ mean: tensor([[2 ** 23 - 1], [2 ** 23 + 1]]), logvar: tensor([[-50], [-50]]) });
    expect(statistics.result().meanStd[0]).toBeCloseTo(1, 6);
  });

  it('flattens spatial latents, and has an infinite KL without variance', () => {
    const statistics = posteriorStatistics();
    const shape = [2, 1, 2, 1];
    statistics.add({
      mean: { data: Float32Array.of(1, 2, 3, 4), shape },
      logvar: { data: new Float32Array(4).fill(-Infinity), shape },
    });
    const { mean, std, kl, totalKl } = statistics.result();
    expect({ mean, std, kl, totalKl }).toEqual({
      mean: [2, 3],
      std: [1, 1],
      kl: [Infinity, Infinity],
      totalKl: Infinity,
    });
  });

  it('refuses nothing at all, other shapes and no posteriors', () => {
    const statistics = posteriorStatistics();
    expect(() => statistics.result()).toThrow('posteriorStatistics: no posteriors yet; add some first.');
    expect(() => statistics.add({ mean: tensor([[1]]) } as never)).toThrow('logvar is no tensor');
    const flat = { data: new Float32Array(2), shape: [2] };
    expect(() => statistics.add({ mean: flat, logvar: flat })).toThrow('is [2], expected [N, ...latent].');
    statistics.add(posterior);
    const other = { mean: tensor([[1]]), logvar: tensor([[1]]) };
    expect(() => statistics.add(other)).toThrow('the posterior is [1, 1], expected [N, 2].');
    expect(() => statistics.add(other)).toThrow(VaeError);
  });
});
