import { normal } from '@vae/sdk/random';
import { describe, expect, it } from 'vitest';
import { MeanMetrics, SampleStatistics } from './metrics.js';

const terms = (loss: number) => ({ loss: Float32Array.of(loss), kl: Float32Array.of(2 * loss) });

describe('the mean over batches', () => {
  it('counts each batch by its samples', () => {
    const metrics = new MeanMetrics();
    metrics.add(terms(1), 8);
    metrics.add(terms(7), 4);
    // (8·1 + 4·7) / 12
    expect(metrics.mean()).toEqual({ loss: 3, kl: 6 });
  });

  it('goes on after it was saved and restored', () => {
    const [straight, first] = [new MeanMetrics(), new MeanMetrics()];
    for (const metrics of [straight, first]) metrics.add(terms(0.1), 3);
    const second = MeanMetrics.restore(JSON.parse(JSON.stringify(first.save())));
    for (const metrics of [straight, second]) metrics.add(terms(0.7), 5);
    expect(second.mean()).toEqual(straight.mean());
    // What was saved is a copy.
    const saved = first.save();
    first.add(terms(9), 1);
    expect(saved.samples).toBe(3);
  });

  it('of nothing is nothing', () => {
    expect(new MeanMetrics().mean()).toEqual({});
  });
});

describe('mean and standard error over samples', () => {
  it('are those of the formula, in whatever parts they come', () => {
    const values = normal({ seed: 0, stream: 'values' }, 1000).map((value) => 3 * value - 150);
    const mean = values.reduce((sum, value) => sum + value, 0) / 1000;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 1000;
    for (const part of [1000, 300, 1]) {
      const statistics = new SampleStatistics();
      for (let start = 0; start < 1000; start += part) statistics.add(values.subarray(start, start + part));
      expect(statistics.mean).toBeCloseTo(mean, 9);
      expect(statistics.standardError).toBeCloseTo(Math.sqrt(variance / 1000), 9);
    }
  });

  it('count a number of a batch for each of its samples', () => {
    const statistics = new SampleStatistics();
    statistics.add(Float32Array.of(2), 200);
    statistics.add(Float32Array.of(-4), 100);
    expect(statistics.mean).toBe(0);
    // The variance is (200 · 4 + 100 · 16) / 300.
    expect(statistics.standardError).toBeCloseTo(Math.sqrt(8 / 300), 12);
  });

  it('of equal values have no error', () => {
    const statistics = new SampleStatistics();
    statistics.add(new Float32Array(7).fill(-150.1));
    expect(statistics.standardError).toBeLessThan(1e-6);
  });
});
