import { describe, expect, it } from 'vitest';
import { buildPrograms } from '../programs.js';
import { type Draft, draftInput, draftRecipe, epochsFor, latentFor, stepsFor } from './draft.js';
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

  const widths = (size: number, samples: number) =>
    of({ shape: [size], samples }).model.encoder.flatMap((layer) =>
      typeof layer === 'object' && 'units' in layer ? [layer.units] : [],
    );

  // Four times the columns, up to a power of two, from 64 to 512; a half or a quarter of that for few rows.
  it.each([
    [3, 150, [64, 32]],
    [3, 20_000, [64, 32]],
    [40, 150, [64, 32]],
    [40, 500, [128, 64]],
    [40, 20_000, [256, 128]],
    [784, 20_000, [512, 256]],
  ])('has for %i columns and %i rows layers of %j', (size, samples, expected) => {
    expect(widths(size, samples)).toEqual(expected);
  });

  it('has layers that are no narrower than the mean and log variance that are proposed', () => {
    for (const size of [1, 3, 16, 32, 64, 100, 1000])
      for (const samples of [1, 40, 500, 5000])
        expect(Math.min(...widths(size, samples).map(Number))).toBeGreaterThanOrEqual(2 * latentFor([size]));
  });

  it.each([
    [[1], 1],
    [[2], 1],
    [[3], 1],
    [[10], 5],
    [[33], 16],
    [[784], 16],
    [[3, 64, 64], 16],
  ])('has for data of shape %j a latent size of %i', (shape, expected) => {
    expect(latentFor(shape)).toBe(expected);
  });

  it('has epochs for some 3000 steps on rows and 1000 on pictures, and 20 at least', () => {
    const epochs = (samples?: number, shape = [3]) => epochsFor({ shape, samples });
    // 270 of 300 rows make 5 batches of 64, 3000 / 5 = 600; 18,000 of 20,000 make 141 of 128, 3000 / 141 = 21.3.
    expect([stepsFor(300), epochs(300)]).toEqual([5, 600]);
    expect([stepsFor(20_000), epochs(20_000)]).toEqual([141, 21]);
    // 1000 / 5 = 200; 18,000 pictures make 2820 steps in 20 epochs.
    const ofPictures = [300, 20_000].map((samples) => epochs(samples, [3, 64, 64]));
    expect(ofPictures).toEqual([200, 20]);
    expect([epochs(), epochs(1_000_000)]).toEqual([20, 20]);
    for (const samples of [1, 7, 40, 150, 999, 5000]) {
      const steps = epochs(samples) * stepsFor(samples);
      // Two digits are off by 5 % at most.
      expect(Math.abs(steps - 3000), `${samples} rows`).toBeLessThanOrEqual(150);
    }
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
