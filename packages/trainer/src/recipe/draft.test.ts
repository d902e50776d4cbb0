import { describe, expect, it } from 'vitest';
import { buildPrograms } from '../programs.js';
import { draftRecipe } from './draft.js';

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
});
