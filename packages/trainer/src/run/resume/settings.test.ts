import { describe, expect, it } from 'vitest';
import type { RecipeInput } from '../../recipe/recipe.js';
import { tinyRecipe } from '../../testing/tiny-training.js';
import type { Progress } from '../checkpoints/checkpoint.js';
import { describeChanges, requireSameSettings } from './settings.js';

const progress: Progress = {
  recipe: tinyRecipe(),
  dataset: 'bars',
  step: 17,
  epoch: 2,
  partial: { sums: {}, samples: 0 },
};
const { optimizer, data } = tinyRecipe();
const resumed = (changes: Partial<RecipeInput>, name = 'bars') => ({
  recipe: tinyRecipe(changes),
  dataset: { name },
  out: 'runs/first',
});

describe('a run that goes on', () => {
  const go = (changes: Partial<RecipeInput>, name?: string) =>
    requireSameSettings(progress, resumed(changes, name));

  it('may be longer, and take another step size or name', () => {
    expect(() =>
      go({ epochs: 99, name: 'other', optimizer: { ...optimizer, learningRate: 1e-5 } }),
    ).not.toThrow();
  });

  it.each<[string, Partial<RecipeInput>, string?]>([
    ['batch', { batch: 7 }],
    ['seed', { seed: 12345 }],
    ['precision', { precision: 'float16' }],
    ['objective', { objective: { type: 'betaVae', beta: 4, kl: 'closedForm' } }],
    ['data', {}, 'digits'],
  ])('is refused another %s', (key, changes, name) => {
    expect(() => go(changes, name)).toThrow(`runs/first: "${key}"`);
  });

  it('is refused updates of another size, which two settings make', () => {
    expect(() => go({ batch: 8, accumulate: 2 })).toThrow(
      '"batch × accumulate" (16) is not what the run began with (8).',
    );
  });

  it('is of the data set that it is given, where its checkpoint is too old to name one', () => {
    const { dataset: _, ...early } = progress;
    expect(() => requireSameSettings(early, resumed({}, 'digits'))).not.toThrow();
  });

  it('may find its data in another folder than the name in an early checkpoint says', () => {
    const early = { ...progress, dataset: 'csv:train.csv?test=m1/test.csv' };
    const go = (name: string) => requireSameSettings(early, resumed({}, name));
    expect(() => go('csv:train.csv?test=test.csv')).not.toThrow();
    expect(() => go('csv:train.csv?test=other.csv')).toThrow('runs/first: "data"');
  });

  it('takes what its recipe left out to be what it still is', () => {
    const { heads: _, ...model } = progress.recipe.model;
    const early = { ...progress, recipe: { ...progress.recipe, model } as Progress['recipe'] };
    expect(() => requireSameSettings(early, resumed({}))).not.toThrow();
    expect(describeChanges(early, resumed({}))).toBeUndefined();
  });
});

describe('what changes in a run that goes on', () => {
  it.each<[string, Partial<RecipeInput>]>([
    ['"epochs" is 9 (it was 2)', { epochs: 9 }],
    ['"steps" is 20 (it was none)', { steps: 20 }],
    ['"name" is "other" (it was "tiny")', { name: 'other' }],
    ['"patience" is 3 (it was none)', { patience: 3, data: { ...data, validation: 12 } }],
    ['"data.source" is "digits:8x8" (it was "digits")', { data: { ...data, source: 'digits:8x8' } }],
    ['"batch" is 4 (it was 8), "accumulate" is 2 (it was 1)', { batch: 4, accumulate: 2 }],
    [
      '"optimizer.learningRate" is 0.5 (it was 0.01), "optimizer.clipNorm" is 1 (it was none)',
      { optimizer: { ...optimizer, learningRate: 0.5, clipNorm: 1 } },
    ],
  ])('is said: %s', (said, changes) => {
    expect(describeChanges(progress, resumed(changes))).toBe(said);
  });

  it('is not said where nothing does', () => {
    expect(describeChanges(progress, resumed({ accumulate: 1 }))).toBeUndefined();
  });
});
