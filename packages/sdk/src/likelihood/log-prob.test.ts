import { describe, expect, it } from 'vitest';
import {
  bernoulliLogProb,
  continuousBernoulliLogProb,
  gaussianKl,
  gaussianLogProb,
  laplaceLogProb,
} from './log-prob.js';

const f32 = (...values: number[]) => Float32Array.from(values);

describe('log-likelihoods in nats', () => {
  it('bernoulli: x ln p + (1 - x) ln(1 - p) with p = sigmoid(l)', () => {
    const p = 1 / (1 + Math.exp(-0.5));
    expect(bernoulliLogProb(f32(1, 0, 0.25), f32(0.5, 0.5, 0.5))).toBeCloseTo(
      Math.log(p) + Math.log(1 - p) + 0.25 * Math.log(p) + 0.75 * Math.log(1 - p),
      12,
    );
  });

  it('bernoulli stays finite and exact at extreme logits', () => {
    expect(bernoulliLogProb(f32(1, 0), f32(200, -200))).toBeCloseTo(0, 12);
    expect(bernoulliLogProb(f32(0, 1), f32(200, -200))).toBe(-400);
  });

  it.each([
    // x, logit, log_prob of torch.distributions.ContinuousBernoulli of PyTorch 2.15.0, in float64
    [0, 0, 0],
    [0.3, 1.2, -0.2992960253456117],
    [1, 2.5, 1.0019412156161935],
    [0.7, -3, -0.9503185303891883],
    [0.2, -12, 0.08491279401923091],
  ])('continuous Bernoulli at %f with logit %f', (x, logit, expected) => {
    expect(continuousBernoulliLogProb(f32(x), f32(logit))).toBeCloseTo(expected, 6);
    // At 1 it is the logarithm of l / (1 - exp(-l)).
    expect(continuousBernoulliLogProb(f32(1, 1), f32(300, 1e-6))).toBeCloseTo(Math.log(300), 5);
  });

  it('laplace: -|x - m| / b - ln 2b per pixel', () => {
    expect(laplaceLogProb(f32(0.5, 0), f32(0, 0.25), 0.25)).toBeCloseTo(-3 - 2 * Math.log(0.5), 12);
  });

  it('gaussian: -(x - m)² / 2v - ½ ln 2πv per pixel', () => {
    expect(gaussianLogProb(f32(0.5, 0), f32(0, 0), 0.25)).toBeCloseTo(
      -0.5 - Math.log(2 * Math.PI * 0.25),
      12,
    );
  });

  it('KL: zero at the prior, m²/2 for a shifted mean, and the closed form for a variance', () => {
    expect(gaussianKl(f32(0, 0), f32(0, 0))).toBe(0);
    expect(gaussianKl(f32(3), f32(0))).toBe(4.5);
    expect(gaussianKl(f32(0), f32(1))).toBeCloseTo((Math.E - 2) / 2, 12);
  });
});
