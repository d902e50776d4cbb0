import { uniform } from '@vae/sdk/random';
import { describe, expect, it } from 'vitest';
import type { Spec } from '../choice.js';
import { difference } from '../testing/numbers-of.js';
import { ObjectiveAt } from '../testing/one-step.js';
import { tinyRecipe } from '../testing/tiny-training.js';

const SHAPE = [1, 2, 2];
const at = (objective: Spec) => new ObjectiveAt(tinyRecipe({ objective }), SHAPE);
const x = Array.from(uniform({ seed: 2, stream: 'x' }, 5 * 4), (u) => Math.round(u));

describe('betaTcVae', () => {
  it('takes the KL at a draw apart', () => {
    const objective = at({ type: 'betaTcVae', kl: 'sampled' });
    const { kl, mutualInformation, totalCorrelation, dimensionWiseKl } = objective.samples({ x });
    const parts = kl.map((_, i) => mutualInformation[i] + totalCorrelation[i] + dimensionWiseKl[i]);
    expect(difference(parts, kl)).toBeLessThan(1e-13);
  });

  it('with equal weights is the beta-VAE of the KL at a draw, value and gradient', () => {
    const [parts, whole] = [
      at({ type: 'betaTcVae', alpha: 3, beta: 3, gamma: 3 }),
      at({ type: 'betaVae', beta: 3, kl: 'sampled' }),
    ].map((objective) => objective.step({ x }));
    expect(difference([parts.terms.loss], [whole.terms.loss])).toBeLessThan(1e-13);
    for (const [name, gradient] of Object.entries(whole.gradient))
      expect(difference(parts.gradient[name], gradient)).toBeLessThan(1e-12);
  });

  it('weighs its parts', () => {
    const objective = at({ type: 'betaTcVae', alpha: 0.5, beta: 4, gamma: 2 });
    const { loss, reconstruction, ...terms } = objective.samples({ x });
    const expected = reconstruction.map(
      (value, i) =>
        value +
        0.5 * terms.mutualInformation[i] +
        4 * terms.totalCorrelation[i] +
        2 * terms.dimensionWiseKl[i],
    );
    expect(difference(loss, expected)).toBeLessThan(1e-13);
  });
});
