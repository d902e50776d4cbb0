import { describe, expect, it } from 'vitest';
import { statisticsOf } from './codes.js';

// Two samples, three dimensions: one that tells them apart, one that is the prior, one of little spread.
const mean = Float32Array.of(1, 0, 0.05, -1, 0, -0.05);
const logvar = Float32Array.of(Math.log(0.25), 0, 0, Math.log(0.25), 0, 0);

describe('statisticsOf', () => {
  it('gives KL, spread of the means and of the aggregate posterior per dimension, by the formulas', () => {
    const {
      kl,
      mean: center,
      std,
      meanVariance,
      samples,
    } = statisticsOf({ mean, logvar, latent: 3, samples: 2 });
    expect(samples).toBe(2);
    // (μ² + σ² − 1 − ln σ²) / 2
    expect(kl[0]).toBeCloseTo((1 + 0.25 - 1 - Math.log(0.25)) / 2, 6);
    expect(kl[1]).toBe(0);
    expect(kl[2]).toBeCloseTo(0.05 ** 2 / 2, 8);
    expect(center[0]).toBe(0);
    expect(meanVariance[0]).toBeCloseTo(1, 6);
    expect(meanVariance[2]).toBeCloseTo(0.0025, 8);
    // Var(z) = Var(μ) + E(σ²)
    expect(std[0]).toBeCloseTo(Math.sqrt(1.25), 6);
  });

  it('has no KL for a code without noise', () => {
    const { kl, std } = statisticsOf({ mean, latent: 3, samples: 2 });
    expect(kl).toEqual([0, 0, 0]);
    expect(std[0]).toBeCloseTo(1, 6);
  });
});

it('a unit is active when its means vary by more than 0.01', () => {
  // Two samples at ±σ have the variance σ².
  const apart = [1, 0.011, 0.009, 0].map(Math.sqrt);
  const codes = { mean: Float32Array.from([...apart, ...apart.map((m) => -m)]), latent: 4, samples: 2 };
  expect(statisticsOf(codes).activeUnits).toBe(2);
});
