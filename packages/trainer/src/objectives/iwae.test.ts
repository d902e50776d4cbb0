import { uniform } from '@vae/sdk/random';
import { describe, expect, it } from 'vitest';
import type { RecipeInput } from '../recipe/recipe.js';
import { difference } from '../testing/numbers-of.js';
import { ObjectiveAt } from '../testing/one-step.js';
import { tinyRecipe } from '../testing/tiny-training.js';

const SHAPE = [1, 2, 2];
const BATCH = 4;
const x = Array.from(uniform({ seed: 2, stream: 'x' }, BATCH * 4), (u) => Math.round(u));
const at = (samples: number, changes: Partial<RecipeInput> = {}, classes = 0) =>
  new ObjectiveAt(tinyRecipe({ objective: { type: 'iwae', samples }, ...changes }), SHAPE, {}, classes);

/** Everything for each draw of a sample, so that K equal draws are one. */
const repeated = (numbers: readonly number[], width: number, count: number): number[] =>
  Array.from({ length: numbers.length / width }, (_, row) =>
    Array.from({ length: count }, () => numbers.slice(row * width, (row + 1) * width)).flat(),
  ).flat();

describe('iwae', () => {
  it('of one draw is the evidence lower bound with the KL at that draw, value and gradient', () => {
    const elbo = new ObjectiveAt(tinyRecipe({ objective: { type: 'elbo', kl: 'sampled' } }), SHAPE);
    const given = { x, noise: elbo.drawNoise(BATCH) };
    const [one, other] = [at(1), elbo].map((objective) => objective.step(given));
    expect(difference([one.terms.loss], [other.terms.loss])).toBeLessThan(1e-13);
    for (const [name, gradient] of Object.entries(other.gradient))
      expect(difference(one.gradient[name], gradient)).toBeLessThan(1e-12);
  });

  it('is log of the mean of the weights of its draws', () => {
    const [one, three] = [at(1), at(3)];
    const { eps } = three.drawNoise(BATCH);
    const latent = eps.length / BATCH / 3;
    const drawn = (k: number) =>
      Array.from({ length: BATCH }, (_, i) =>
        eps.slice((3 * i + k) * latent, (3 * i + k + 1) * latent),
      ).flat();
    const logs = [0, 1, 2].map((k) => one.samples({ x, noise: { eps: drawn(k) } }).bound);
    const { bound, loss } = three.samples({ x, noise: { eps } });
    const expected = bound.map((_, i) => Math.log(logs.reduce((sum, log) => sum + Math.exp(log[i]), 0) / 3));
    expect(difference(bound, expected)).toBeLessThan(1e-13);
    expect(loss).toEqual(bound.map((value) => -value));
  });

  it('gives a label and a mask of dropout to each draw', () => {
    const model: RecipeInput['model'] = {
      latent: 2,
      conditional: true,
      encoder: ['flatten', { type: 'dense', units: 5 }, 'tanh'],
      decoder: [
        { type: 'dense', units: 5 },
        { type: 'dropout', keep: 0.5 },
        { type: 'dense', units: 'data' },
      ],
    };
    const [one, three] = [at(1, { model }, 2), at(3, { model }, 2)];
    const noise = one.drawNoise(BATCH);
    const thrice = Object.fromEntries(
      Object.entries(noise).map(([name, numbers]) => [name, repeated(numbers, numbers.length / BATCH, 3)]),
    );
    const label = [1, 0, 0, 1, 0, 1, 1, 0];
    expect(Object.keys(noise)).toHaveLength(2);
    const [expected, found] = [one.step({ x, label, noise }), three.step({ x, label, noise: thrice })];
    expect(difference([found.terms.loss], [expected.terms.loss])).toBeLessThan(1e-13);
    for (const [name, gradient] of Object.entries(expected.gradient))
      expect(difference(found.gradient[name], gradient)).toBeLessThan(1e-12);
  });
});
