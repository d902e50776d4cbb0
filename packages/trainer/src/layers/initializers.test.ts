import { describe, expect, it } from 'vitest';
import { type Initializer, initializers, zeros } from './initializers.js';

const COUNT = 200_000;
const filled = (initializer: Initializer, seed = 0, name = 'w', count = COUNT): Float32Array => {
  const out = new Float32Array(count).fill(9);
  initializer(out, seed, name);
  return out;
};

describe('the initialisers', () => {
  const fans = { fanIn: 30, fanOut: 50 };
  // Variance, and kurtosis E[x⁴]/σ⁴: 9/5 of a uniform, 3 of a normal distribution
  const rows: Record<keyof typeof initializers, { variance: number; kurtosis: number; limit?: number }> = {
    glorotUniform: { variance: 2 / 80, kurtosis: 1.8, limit: Math.sqrt(6 / 80) },
    glorotNormal: { variance: 2 / 80, kurtosis: 3 },
    heUniform: { variance: 2 / 30, kurtosis: 1.8, limit: Math.sqrt(6 / 30) },
    heNormal: { variance: 2 / 30, kurtosis: 3 },
  };

  it.each(Object.keys(initializers) as (keyof typeof initializers)[])(
    '%s has its variance and form',
    (name) => {
      const { variance, kurtosis, limit } = rows[name];
      const values = filled(initializers[name](fans));
      const moment = (power: number) => values.reduce((sum, value) => sum + value ** power, 0) / COUNT;
      const deviation = Math.sqrt(variance);
      // Five standard errors: of the mean σ/√n, of the variance σ²√((k − 1)/n)
      expect(Math.abs(moment(1))).toBeLessThan((5 * deviation) / Math.sqrt(COUNT));
      expect(Math.abs(moment(2) / variance - 1)).toBeLessThan(5 * Math.sqrt((kurtosis - 1) / COUNT));
      expect(moment(4) / variance ** 2).toBeCloseTo(kurtosis, 1);
      const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      if (limit !== undefined) {
        expect(largest).toBeLessThanOrEqual(Math.fround(limit));
        expect(largest).toBeGreaterThan(0.999 * limit);
      } else expect(largest).toBeGreaterThan(4 * deviation);
    },
  );

  it('give the same numbers for the same seed and name, whatever else is made', () => {
    const initializer = initializers.glorotUniform(fans);
    const [first, second] = ['encoder.a', 'encoder.b'].map((name) => filled(initializer, 7, name, 100));
    const [secondAgain, firstAgain] = ['encoder.b', 'encoder.a'].map((name) =>
      filled(initializer, 7, name, 100),
    );
    expect([firstAgain, secondAgain]).toEqual([first, second]);
    expect(second).not.toEqual(first);
    expect(filled(initializer, 8, 'encoder.a', 100)).not.toEqual(first);
    // A larger parameter of that name begins with the same numbers.
    expect(filled(initializer, 7, 'encoder.a', 150).subarray(0, 100)).toEqual(first);
  });

  it('zeros are zeros', () => {
    expect([...filled(zeros, 0, 'b', 3)]).toEqual([0, 0, 0]);
  });
});
