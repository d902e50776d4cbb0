import { describe, expect, it } from 'vitest';
import type { Spec } from '../choice.js';
import { difference } from '../testing/numbers-of.js';
import { ObjectiveAt } from '../testing/one-step.js';
import { tinyRecipe } from '../testing/tiny-training.js';

// x = zW + b + s·noise, z ~ N(0, I) in two dimensions, x in four. The rows of W are orthogonal, so that the
// posterior has independent dimensions too and the encoder can be exact:
//   q(z|x) = N((x − b)·wᵢ·vᵢ/s², vᵢ), vᵢ = 1/(1 + |wᵢ|²/s²)
//   x ~ N(b, WᵀW + s²I), with variance |wᵢ|² + s² along wᵢ and s² across both
const VARIANCE = 0.3;
const W = [
  [1, 1, 0, 0],
  [0, 0, 2, -1],
];
const b = [0.5, -0.25, 1, 0];
const norms = W.map((row) => row.reduce((sum, value) => sum + value * value, 0));
const posterior = norms.map((norm) => 1 / (1 + norm / VARIANCE));

const dot = (a: readonly number[], c: readonly number[]) =>
  a.reduce((sum, value, i) => sum + value * c[i], 0);

function logMarginal(x: readonly number[]): number {
  const centred = x.map((value, i) => value - b[i]);
  const along = W.map((row, i) => dot(centred, row) / Math.sqrt(norms[i]));
  const across = dot(centred, centred) - dot(along, along);
  const squares = along.map((value, i) => value ** 2 / (norms[i] + VARIANCE));
  const logs = norms.map((norm) => Math.log(norm + VARIANCE));
  return (
    -0.5 *
    (4 * Math.log(2 * Math.PI) +
      logs[0] +
      logs[1] +
      2 * Math.log(VARIANCE) +
      squares[0] +
      squares[1] +
      across / VARIANCE)
  );
}

const tensor = (data: readonly number[], ...shape: number[]) => ({
  data: Float64Array.from(data) as unknown as Float32Array,
  shape,
});

/** The model with its exact encoder, moved off by `wrong`. */
function model(objective: Spec, wrong: { mean?: number; logVar?: number } = {}) {
  const recipe = tinyRecipe({
    model: { latent: 2, encoder: ['flatten'], decoder: [{ type: 'dense', units: 'data' }] },
    likelihood: { type: 'gaussian', variance: VARIANCE },
    objective,
  });
  const gain = W.map((row, i) => row.map((value) => (value * posterior[i]) / VARIANCE));
  const offset = gain.map((row) => -dot(row, b) + (wrong.mean ?? 0));
  return new ObjectiveAt(recipe, [1, 2, 2], {
    'encoder.mean-logvar.weight': tensor(
      b.flatMap((_, i) => [gain[0][i], gain[1][i], 0, 0]),
      4,
      4,
    ),
    'encoder.mean-logvar.bias': tensor(
      [...offset, ...posterior.map((variance) => Math.log(variance) + (wrong.logVar ?? 0))],
      4,
    ),
    'decoder.0-dense.weight': tensor(W.flat(), 2, 4),
    'decoder.0-dense.bias': tensor(b, 4),
  });
}

const elbo = (kl: string): Spec => ({ type: 'elbo', kl });

const samples = [
  [0.5, -0.25, 1, 0],
  [1.2, 0.4, -0.3, 2],
  [-3, 0.1, 0.2, 0.9],
];
const DRAWS = 4000;
const repeated = samples.flatMap((sample) => Array.from({ length: DRAWS }, () => sample).flat());

/** Mean and standard error of the bound for each sample. */
const bounds = (objective: ObjectiveAt) => {
  const { bound } = objective.samples({ x: repeated, noise: objective.drawNoise(samples.length * DRAWS, 3) });
  return samples.map((_, i) => {
    const own = bound.slice(i * DRAWS, (i + 1) * DRAWS);
    const mean = own.reduce((sum, value) => sum + value, 0) / DRAWS;
    const variance = own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / DRAWS;
    return { own, mean, error: Math.sqrt(variance / DRAWS) };
  });
};

describe('on a linear-Gaussian model', () => {
  it('the sampled bound is log p(x) for every draw when the encoder is the posterior', () => {
    bounds(model(elbo('sampled'))).forEach(({ own }, i) => {
      expect(
        difference(
          own,
          own.map(() => logMarginal(samples[i])),
        ),
      ).toBeLessThan(1e-10);
    });
  });

  it('the bound in closed form is log p(x) on average when the encoder is the posterior', () => {
    bounds(model(elbo('closedForm'))).forEach(({ mean, error }, i) => {
      expect(Math.abs(mean - logMarginal(samples[i]))).toBeLessThan(5 * error);
    });
  });

  it.each(['sampled', 'closedForm', 'expectation'])(
    'the %s bound lies below by KL(q ‖ posterior) for any other encoder',
    (kl) => {
      const wrong = { mean: 0.15, logVar: 0.4 };
      // ½ (e^v − 1 − v + m²/vᵢ), summed over both dimensions
      const gap = posterior.reduce(
        (sum, variance) =>
          sum + 0.5 * (Math.exp(wrong.logVar) - 1 - wrong.logVar + wrong.mean ** 2 / variance),
        0,
      );
      bounds(model(elbo(kl), wrong)).forEach(({ mean, error }, i) => {
        expect(gap).toBeGreaterThan(0.1);
        expect(mean).toBeLessThan(logMarginal(samples[i]));
        expect(Math.abs(mean - (logMarginal(samples[i]) - gap))).toBeLessThan(5 * error);
      });
    },
  );

  it('the importance-weighted bound is log p(x) for every draw when the encoder is the posterior', () => {
    bounds(model({ type: 'iwae', samples: 3 })).forEach(({ own }, i) => {
      expect(
        difference(
          own,
          own.map(() => logMarginal(samples[i])),
        ),
      ).toBeLessThan(1e-10);
    });
  });

  it('the importance-weighted bound of any other encoder grows with its draws, and stays below log p(x)', () => {
    const [one, four, sixteen] = [1, 4, 16].map((count) =>
      bounds(model({ type: 'iwae', samples: count }, { mean: 0.4, logVar: 1 })),
    );
    samples.forEach((sample, i) => {
      const noise = 5 * one[i].error;
      expect(four[i].mean).toBeGreaterThan(one[i].mean + noise);
      expect(sixteen[i].mean).toBeGreaterThan(four[i].mean + noise);
      expect(sixteen[i].mean).toBeLessThan(logMarginal(sample) + 5 * sixteen[i].error);
    });
  });
});
