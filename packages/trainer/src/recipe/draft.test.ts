import { describe, expect, it } from 'vitest';
import { buildPrograms } from '../programs.js';
import { type Draft, draftInput, draftRecipe } from './draft.js';
import { formatJson } from './format.js';
import { parseRecipe } from './recipe.js';

const draft = (shape: number[]) =>
  draftRecipe({ name: 'mine', source: 'digits', shape, latent: 3, epochs: 2 });
const outputOf = (shape: number[]) => buildPrograms(draft(shape), shape).decode.graph.outputs.get('x')!.shape;

describe('a drafted recipe', () => {
  it.each([
    [[1, 28, 28]],
    [[3, 64, 64]],
    [[3, 65, 47]],
    [[1, 9, 200]],
    [[3, 256, 256]],
    [[1, 8, 8]],
    [[2, 5, 5]],
    [[17]],
    [[1]],
    [[3000]],
  ])('gives back data of shape %j', (shape) => {
    expect(outputOf(shape)).toEqual(['N', ...shape]);
  });

  it('is convolutional for pictures and dense for the rest', () => {
    const types = (shape: number[]) =>
      draft(shape).model.encoder.map((layer) => (typeof layer === 'string' ? layer : layer.type));
    expect(types([3, 64, 64]).filter((type) => type === 'conv2d')).toHaveLength(4);
    expect(types([17])).not.toContain('conv2d');
    expect(types([2, 5, 5])[0]).toBe('flatten');
  });

  it('is Bernoulli for values from 0 to 1 and Gaussian for the rest', () => {
    const likelihoodOf = (range?: readonly [number, number] | null) =>
      draftRecipe({ name: 'mine', source: 'digits', shape: [3], range, latent: 1, epochs: 1 }).likelihood
        .type;
    expect([undefined, [0, 1] as const, [0, 255] as const, null].map(likelihoodOf)).toEqual([
      'bernoulli',
      'bernoulli',
      'gaussian',
      'gaussian',
    ]);
  });

  it('keeps data back, so that early stopping has something to judge by', () => {
    expect(draft([1, 28, 28]).data.validation).toBe(0.1);
  });

  const of = (changes: Partial<Draft>) =>
    draftInput({ name: 'mine', source: 'digits', shape: [1, 28, 28], latent: 3, epochs: 2, ...changes });

  // Four batches at least of what is not kept back: 36 − 4, 180 − 18, 18,000 samples, and so on.
  it.each([
    [1, 1],
    [3, 1],
    [9, 2],
    [36, 8],
    [200, 32],
    [568, 64],
    [569, 128],
    [20_000, 128],
    [undefined, 128],
  ])('has for %s samples batches of %i', (samples, batch) => {
    expect(of({ samples }).batch).toBe(batch);
    if (samples !== undefined && samples >= 8)
      expect(4 * batch).toBeLessThanOrEqual(samples - Math.round(samples / 10));
  });

  it('has narrower networks for fewer samples, and shapes that still fit', () => {
    const weights = (samples?: number) => {
      const { parameters } = buildPrograms(parseRecipe(of({ samples }), 'it'), [1, 28, 28]);
      return [...parameters.values()].reduce(
        (sum, { shape }) => sum + shape.reduce((size, dim) => size * dim, 1),
        0,
      );
    };
    const [many, some, few] = [weights(), weights(1000), weights(100)];
    expect(some).toBeLessThan(0.4 * many);
    expect(few).toBeLessThan(0.4 * some);
  });

  it('keeps nothing back where that would be no sample at all', () => {
    expect(of({ samples: 4 }).data).toEqual({ source: 'digits' });
    expect(of({ samples: 5 }).data).toEqual({ source: 'digits', validation: 0.1 });
  });

  it('clips gradients at one nat for each number of a sample', () => {
    const clip = (shape: number[]) => parseRecipe(of({ shape }), 'it').optimizer.clipNorm;
    expect([[3], [1, 28, 28], [3, 64, 64]].map(clip)).toEqual([10, 800, 10_000]);
  });

  it('is a short file of what a person edits, and means the same as with defaults filled in', () => {
    const input = of({ samples: 5000 });
    const text = formatJson(input);
    expect(text.split('\n').length).toBeLessThan(40);
    expect(text).not.toMatch(/bias|heads|"kl"|beta1|epsilon|undefined/);
    expect(JSON.parse(text)).toEqual(input);
    const draft = { name: 'mine', source: 'digits', shape: [1, 28, 28], latent: 3, epochs: 2, samples: 5000 };
    expect(parseRecipe(JSON.parse(text), 'it')).toEqual(draftRecipe(draft));
  });
});
