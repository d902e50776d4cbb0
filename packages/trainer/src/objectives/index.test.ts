import { normal, uniform } from '@vae/sdk/random';
import { describe, expect, it } from 'vitest';
import type { Spec } from '../choice.js';
import type { RecipeInput } from '../recipe/recipe.js';
import { difference } from '../testing/numbers-of.js';
import { ObjectiveAt } from '../testing/one-step.js';
import { tinyRecipe } from '../testing/tiny-training.js';
import { objectives } from './index.js';
import { klEstimators } from './kl-estimators.js';

const SHAPE = [1, 2, 3];
const SIZE = 6;
const BATCH = 6;

const small: RecipeInput['model'] = {
  latent: 2,
  encoder: ['flatten', { type: 'dense', units: 5 }, 'tanh'],
  decoder: [{ type: 'dense', units: 5 }, 'tanh', { type: 'dense', units: 'data' }],
};
const recipeOf = (objective: Spec | string, changes: Partial<RecipeInput> = {}) =>
  tinyRecipe({ model: small, objective, ...changes });
const at = (objective: Spec | string, changes: Partial<RecipeInput> = {}) =>
  new ObjectiveAt(recipeOf(objective, changes), SHAPE);

const x = Array.from(uniform({ seed: 1, stream: 'x' }, BATCH * SIZE), (u) => (u < 0.4 ? 1 : 0));
const batch = { x, noise: { eps: [...normal({ seed: 1, stream: 'eps' }, BATCH * 2)] } };

/** Every objective with its defaults, and those that take a KL estimator with each of them. */
const specs: Spec[] = Object.keys(objectives).flatMap((type) => {
  if (!('kl' in objectives[type as keyof typeof objectives].options.entries)) return [{ type }];
  return Object.keys(klEstimators).map((kl) => ({ type, kl }));
});

const gradientDifference = (a: Record<string, number[]>, b: Record<string, number[]>): number =>
  Math.max(...Object.keys(b).map((name) => difference(a[name], b[name])));

const rowsOf = (numbers: readonly number[], rows: readonly number[]): number[] => {
  const width = numbers.length / BATCH;
  return rows.flatMap((row) => numbers.slice(row * width, (row + 1) * width));
};

describe.each(specs)('$type $kl', (spec) => {
  const objective = at(spec);
  const couples = objective.programs.objective.couplesSamples;
  const noise = objective.drawNoise(BATCH);
  const eachNoise = (change: (numbers: readonly number[]) => number[]) =>
    Object.fromEntries(Object.entries(noise).map(([name, numbers]) => [name, change(numbers)]));
  const part = (rows: readonly number[]) => ({
    x: rowsOf(x, rows),
    noise: eachNoise((numbers) => rowsOf(numbers, rows)),
  });
  const batch = { x, noise };
  const whole = objective.step(batch);

  it('is finite, with a gradient for every parameter', () => {
    expect(Object.values(whole.terms).every(Number.isFinite)).toBe(true);
    const gradients = Object.values(whole.gradient);
    expect(gradients.flat().every(Number.isFinite)).toBe(true);
    expect(gradients.every((gradient) => gradient.some((slope) => slope !== 0))).toBe(true);
  });

  it('averages its terms over the samples', () => {
    const samples = objective.samples(batch);
    for (const [name, values] of Object.entries(samples)) {
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      expect(difference([whole.terms[name]], [mean])).toBeLessThan(1e-12);
    }
    expect(Object.keys(samples).sort()).toEqual(
      Object.keys(whole.terms)
        .filter((name) => name !== 'gradientNorm')
        .sort(),
    );
  });

  it('has a bound where there is one, and terms that add up to it: −(reconstruction + kl), KL not negative', () => {
    const { bound, reconstruction, kl } = objective.samples(batch);
    expect(bound === undefined).toBe(objective.programs.objective.latent === 'deterministic');
    if (bound === undefined) return;
    // That of several draws is tighter.
    if (spec.type !== 'iwae')
      expect(
        difference(
          bound,
          reconstruction.map((value, i) => -(value + kl[i])),
        ),
      ).toBeLessThan(1e-13);
    // One draw of an estimate may fall below zero; the two exact ways may not.
    if (spec.kl !== 'sampled') expect(Math.min(...kl)).toBeGreaterThanOrEqual(-1e-12);
  });

  it('declares rightly whether it couples the samples of a batch', () => {
    const halves = [
      [0, 1, 2],
      [3, 4, 5],
    ].map((rows) => objective.step(part(rows)));
    const loss = (halves[0].terms.loss + halves[1].terms.loss) / 2;
    const gradient = Object.fromEntries(
      Object.keys(whole.gradient).map((name) => [
        name,
        halves[0].gradient[name].map((slope, i) => (slope + halves[1].gradient[name][i]) / 2),
      ]),
    );
    const apart = Math.max(
      difference([whole.terms.loss], [loss]),
      gradientDifference(whole.gradient, gradient),
    );
    if (couples) expect(apart).toBeGreaterThan(1e-6);
    else expect(apart).toBeLessThan(1e-12);
  });

  if (!couples) {
    it('weighs samples by their share: unequal parts count by their size', () => {
      const [large, rest] = [
        [0, 1, 2, 3],
        [4, 5],
      ].map((rows) => objective.step(part(rows)));
      expect(difference([whole.terms.loss], [(4 * large.terms.loss + 2 * rest.terms.loss) / 6])).toBeLessThan(
        1e-12,
      );
    });

    it('is the same on the batch twice over', () => {
      const twice = objective.step(part([0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5]));
      for (const name of Object.keys(whole.terms))
        expect(difference([twice.terms[name]], [whole.terms[name]])).toBeLessThan(1e-12);
      expect(gradientDifference(twice.gradient, whole.gradient)).toBeLessThan(1e-12);
    });
  }

  it('does not see padding of weight 0', () => {
    const padded = objective.step({
      x: [...x, ...new Array(2 * SIZE).fill(0)],
      noise: eachNoise((numbers) => {
        const width = numbers.length / BATCH;
        return [...numbers, ...new Array(width).fill(3), ...new Array(width).fill(0)];
      }),
      weight: [...new Array(BATCH).fill(1 / BATCH), 0, 0],
    });
    for (const name of Object.keys(whole.terms))
      expect(difference([padded.terms[name]], [whole.terms[name]])).toBeLessThan(1e-12);
    expect(gradientDifference(padded.gradient, whole.gradient)).toBeLessThan(1e-12);
  });

  it('stays finite at logits of ±200', () => {
    const bias = { data: Float32Array.of(200, -200, 200, -200, 200, -200), shape: [SIZE] };
    const extreme = new ObjectiveAt(recipeOf(spec), SHAPE, { 'decoder.2-dense.bias': bias });
    const { terms, gradient } = extreme.step(batch);
    expect(Object.values(terms).every(Number.isFinite)).toBe(true);
    expect(Object.values(gradient).flat().every(Number.isFinite)).toBe(true);
    expect(terms.reconstruction).toBeGreaterThan(200);
  });

  it('trains every layer of a Gaussian likelihood with a learned variance too', () => {
    const learned = at(spec, { likelihood: { type: 'gaussian', variance: 'learned' } });
    const { terms, gradient } = learned.step(batch);
    expect(Number.isFinite(terms.loss)).toBe(true);
    expect(gradient['likelihood.log-variance'][0]).not.toBe(0);
  });
});

describe('the evidence lower bound', () => {
  it.each(Object.keys(klEstimators))('is the beta-VAE with beta 1, value and gradient (%s)', (kl) => {
    const [one, other] = [at({ type: 'elbo', kl }), at({ type: 'betaVae', beta: 1, kl })].map((objective) =>
      objective.step(batch),
    );
    expect(difference([other.terms.loss], [one.terms.loss])).toBeLessThan(1e-14);
    expect(gradientDifference(other.gradient, one.gradient)).toBeLessThan(1e-12);
  });

  it('has the same reconstruction for the same noise, however KL is computed', () => {
    const [closed, sampled, expectation] = ['closedForm', 'sampled', 'expectation'].map((kl) =>
      at({ type: 'elbo', kl }).samples(batch),
    );
    expect(sampled.reconstruction).toEqual(closed.reconstruction);
    expect(expectation.reconstruction).toEqual(closed.reconstruction);
    expect(difference(expectation.kl, closed.kl)).toBeLessThan(1e-12);
    expect(difference(sampled.kl, closed.kl)).toBeGreaterThan(1e-3);
  });

  it('with the sampled KL has the mean of the one in closed form', () => {
    const draws = 4000;
    const sample = x.slice(0, SIZE);
    const given = {
      x: Array.from({ length: draws }, () => sample).flat(),
      noise: { eps: normal({ seed: 2, stream: 'eps' }, draws * 2) },
    };
    const [closed, sampled] = ['closedForm', 'sampled'].map(
      (kl) => at({ type: 'elbo', kl }).samples(given).kl,
    );
    const mean = sampled.reduce((sum, value) => sum + value, 0) / draws;
    const deviation = Math.sqrt(sampled.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws);
    expect(Math.abs(mean - closed[0])).toBeLessThan((5 * deviation) / Math.sqrt(draws));
  });
});

describe('the autoencoder', () => {
  it('is fed no noise and reports no bound', () => {
    const objective = at('autoencoder');
    expect([objective.programs.train.noises.size, objective.programs.evaluate.noises.size]).toEqual([0, 0]);
    const { terms } = objective.step(batch);
    expect(Object.keys(terms).sort()).toEqual(['gradientNorm', 'loss', 'reconstruction']);
    expect(terms.loss).toBe(terms.reconstruction);
    expect([...objective.programs.encode.graph.outputs.keys()]).toEqual(['mean']);
  });
});
