import { describe, expect, it } from 'vitest';
import { linearScale } from './scale.js';

const labels = (values: readonly number[], options = {}) =>
  linearScale(values, { range: [0, 100], ...options }).ticks.map(({ label }) => label);

describe('linearScale', () => {
  it('runs from end to end', () => {
    const scale = linearScale([0, 3, 10], { range: [100, 0] });
    expect([0, 5, 10].map(scale.at)).toEqual([100, 50, 0]);
  });

  it('ticks at 1, 2 or 5 times a power of ten', () => {
    expect(labels([0, 1])).toEqual(['0.0', '0.2', '0.4', '0.6', '0.8', '1.0']);
    expect(labels([-107, -88], { nice: true })).toEqual(['-110', '-105', '-100', '-95', '-90', '-85']);
    expect(labels([1e-5, 3e-5])).toEqual(['1e-5', '1.5e-5', '2e-5', '2.5e-5', '3e-5']);
  });

  it('ticks at whole numbers where asked', () => {
    expect(labels([1, 3], { whole: true })).toEqual(['1', '2', '3']);
    expect(labels([7], { whole: true })).toEqual(['6', '7', '8']);
  });

  it.each([[[]], [[0]], [[5, 5, 5]], [[-3e38]], [[1e-30]], [[-3e38, 3e38]], [[1, 1 + 1e-15]]])(
    'stays finite for %j',
    (values) => {
      const scale = linearScale(values, { range: [10, 90], nice: true });
      expect(scale.ticks.length).toBeGreaterThan(0);
      expect(scale.ticks.length).toBeLessThan(20);
      for (const value of [...values, ...scale.ticks.map((tick) => tick.value)]) {
        expect(scale.at(value)).toBeGreaterThanOrEqual(10 - 1e-6);
        expect(scale.at(value)).toBeLessThanOrEqual(90 + 1e-6);
      }
    },
  );
});
