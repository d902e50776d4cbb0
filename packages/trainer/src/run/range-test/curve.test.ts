import { describe, expect, it } from 'vitest';
import { asSchedule } from '../../schedules/schema.js';
import { RangeReadings, rateSchedule } from './curve.js';

const STEPS = 100;
const range = { from: 1e-6, to: 10, steps: STEPS };
const rates = Array.from({ length: STEPS }, (_, i) => 1e-6 * 1e7 ** (i / (STEPS - 1)));

/** Feeds losses until they run away or end. */
function follow(losses: readonly number[]) {
  const readings = new RangeReadings(STEPS);
  const ranAway = losses.some((loss, i) => readings.add(rates[i], loss));
  return readings.curve({ ranAway });
}

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

describe('the rates', () => {
  it('are a geometric row with both ends in it', () => {
    const schedule = asSchedule(rateSchedule(range));
    rates.forEach((rate, i) => void expect(schedule(i) / rate).toBeCloseTo(1, 10));
  });
});

describe('the curve of a test', () => {
  it('is steepest where a logistic fall over the logarithm of the rate has its middle', () => {
    // d/dx of −σ((x − x₀)/w) is most negative at x₀.
    const middle = Math.log(2e-3);
    const { steepest, suggestion, rises, diverged } = follow(
      rates.map((rate) => 500 - 300 * logistic((Math.log(rate) - middle) / 0.8)),
    );
    // To the nearest of the rates, which are a factor of 10^(7/99) apart.
    expect(Math.abs(Math.log10(steepest! / 2e-3))).toBeLessThanOrEqual(7 / 99);
    expect(suggestion).toBe(steepest);
    expect([rises, diverged]).toEqual([undefined, undefined]);
  });

  it('begins to rise where a parabola over the logarithm of the rate is lowest, and a tenth of that is suggested', () => {
    // (ln r − ln r₀)² falls fastest at the lowest rate, so a flat part and a steep one near its bottom precede it here.
    const bottom = rates[80];
    const losses = rates.map((rate, i) =>
      i < 60 ? 900 : 100 + 2 * (Math.log(rate / bottom) / Math.log(rates[1] / rates[0])) ** 2,
    );
    const { steepest, rises, suggestion } = follow(losses);
    expect(Math.abs(Math.log(rises! / bottom))).toBeLessThanOrEqual(2.01 * Math.log(rates[1] / rates[0]));
    // From 900 at reading 60 to 2 · 20² + 100 and below: steeper than anything before.
    expect(steepest!).toBeGreaterThan(rises! / 10);
    expect(suggestion).toBe(rises! / 10);
  });

  it('suggests at most a tenth of the rate before the one at which the loss ran away', () => {
    // Falls by 3 at each update to the end of 60, then doubles each time.
    const losses = rates.map((_, i) => (i <= 60 ? 500 - 3 * i : 320 * 2 ** (i - 60)));
    const { readings, diverged, rises, steepest, suggestion } = follow(losses);
    expect(diverged).toBe(rates[readings.length - 1]);
    // Smoothed over ten, four times the lowest is reached within a few doublings.
    expect(readings.length).toBeGreaterThan(61);
    expect(readings.length).toBeLessThan(70);
    // A median of eleven finds the end of the fall to within half of them.
    expect(Math.abs(rates.indexOf(rises!) - 60)).toBeLessThanOrEqual(5);
    expect(suggestion).toBe(Math.min(steepest!, rises! / 10));
    const early = follow(rates.map((_, i) => (i <= 14 ? 500 - 3 * i : 1e9)));
    expect([early.rises, early.diverged]).toEqual([rates[14], rates[15]]);
    expect(early.suggestion).toBe(rates[14] / 10);
  });

  it('smooths by shares that sum to 1, nine tenths of a share older with each update', () => {
    const losses = [10, 20, 5, 8];
    const { readings } = follow(losses);
    losses.forEach((_, last) => {
      const shares = losses.slice(0, last + 1).map((_, i) => 0.9 ** (last - i));
      const total = shares.reduce((sum, share) => sum + share);
      const mean = shares.reduce((sum, share, i) => sum + (share / total) * losses[i], 0);
      expect(readings[last].smoothed).toBeCloseTo(mean, 10);
    });
  });

  it.each([[Number.NaN], [Number.POSITIVE_INFINITY]])('ends at a loss of %d', (loss) => {
    const { readings, diverged } = follow([5, 4, 3, loss, 2]);
    expect(readings).toHaveLength(4);
    expect(diverged).toBe(rates[3]);
  });

  it('takes falling losses below 0 for what they are', () => {
    const falling = follow(rates.map((_, i) => 50 - 3 * i));
    expect(falling.diverged).toBeUndefined();
    expect(falling.readings).toHaveLength(STEPS);
    const back = follow(rates.map((_, i) => (i < 50 ? 50 - 3 * i : 1e4)));
    expect(back.diverged).toBe(rates[50]);
  });

  it('has nothing to suggest where the loss never fell', () => {
    const { steepest, suggestion, rises, diverged } = follow(rates.map((_, i) => 100 + i / 10));
    expect([steepest, suggestion, diverged]).toEqual([undefined, undefined, undefined]);
    expect(rises).toBe(rates[0]);
  });
});
