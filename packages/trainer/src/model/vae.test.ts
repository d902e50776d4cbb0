import { describe, expect, it } from 'vitest';
import { sampleSize } from '../graph/shape.js';
import { buildPrograms } from '../programs.js';
import { loadRecipe } from '../recipe/load.js';
import type { RecipeInput } from '../recipe/recipe.js';
import { TINY_SHAPE, tinyRecipe } from '../testing/tiny-training.js';

const withModel = (changes: Partial<RecipeInput['model']>) =>
  tinyRecipe({ model: { ...tinyRecipe().model, ...changes } });
const namesAndShapes = (recipe = tinyRecipe(), shape: readonly number[] = TINY_SHAPE) =>
  Object.fromEntries([...buildPrograms(recipe, shape).parameters].map(([name, { shape }]) => [name, shape]));

/** Trainable numbers of one of the two networks. */
async function count(recipe: string, network: 'encoder' | 'decoder' | ''): Promise<number> {
  const { parameters } = buildPrograms(await loadRecipe(recipe), [1, 28, 28]);
  return [...parameters]
    .filter(([name]) => name.startsWith(network))
    .reduce((sum, [, { shape }]) => sum + sampleSize(shape), 0);
}

describe('the size of the shipped networks', () => {
  // Weights and biases layer by layer; a dense layer of n inputs and m units has (n + 1)·m, a 3×3 convolution (9·C + 1)·F.
  it('seed-cvae has 69,989 numbers', async () => {
    const encoder = 10 * 32 + (9 * 32 + 1) * 64 + (6 * 6 * 64 + 1) * 4;
    const decoder = 3 * 1568 + (9 * 32 + 1) * 64 + (9 * 64 + 1) * 32 + (9 * 32 + 1) * 1;
    expect(await count('seed-cvae', '')).toBe(encoder + decoder);
    expect(encoder + decoder).toBe(69_989);
  });

  it('seed-mlp has 992,204 numbers', async () => {
    expect(await count('seed-mlp', '')).toBe(992_204);
    const [sizes, back] = [
      [784, 500, 200, 20],
      [10, 200, 500, 784],
    ];
    const dense = (widths: number[]) =>
      widths.slice(1).reduce((sum, units, i) => sum + (widths[i] + 1) * units, 0);
    expect(dense(sizes) + dense(back)).toBe(992_204);
  });

  it('seed-keras has 69,076 and 65,089 numbers, as the Keras example prints them', async () => {
    expect(await count('seed-keras', 'encoder')).toBe(69_076);
    expect(await count('seed-keras', 'decoder')).toBe(65_089);
  });
});

describe('the networks', () => {
  it('name their parameters by place', () => {
    expect(namesAndShapes()).toEqual({
      'encoder.1-dense.weight': [64, 12],
      'encoder.1-dense.bias': [12],
      'encoder.mean-logvar.weight': [12, 4],
      'encoder.mean-logvar.bias': [4],
      'decoder.0-dense.weight': [2, 12],
      'decoder.0-dense.bias': [12],
      'decoder.2-dense.weight': [12, 64],
      'decoder.2-dense.bias': [64],
    });
  });

  it('have one head for each with "separate", and none for the variance in an autoencoder', () => {
    expect(namesAndShapes(withModel({ heads: 'separate' }))).toMatchObject({
      'encoder.mean.weight': [12, 2],
      'encoder.logvar.weight': [12, 2],
    });
    const plain = namesAndShapes(tinyRecipe({ objective: 'autoencoder' }));
    expect(Object.keys(plain).filter((name) => /mean|logvar/.test(name))).toEqual([
      'encoder.mean.weight',
      'encoder.mean.bias',
    ]);
  });

  it('take colours and other sizes', () => {
    const shapes = namesAndShapes(tinyRecipe(), [3, 4, 5]);
    expect([shapes['encoder.1-dense.weight'], shapes['decoder.2-dense.weight']]).toEqual([
      [60, 12],
      [12, 60],
    ]);
  });

  const errorOf = (model: Partial<RecipeInput['model']>) => {
    try {
      buildPrograms(withModel(model), TINY_SHAPE);
    } catch (error) {
      return error;
    }
    return undefined;
  };

  it('that end in another size than the data are refused', () => {
    expect(errorOf({ decoder: [{ type: 'dense', units: 63 }] })).toMatchObject({
      code: 'bad-recipe',
      message:
        "decoder: it ends with [63] (63 numbers), but a sample of the data is [1, 8, 8] (64 numbers). Change its last layers or the data's size, or have a recipe written for these data: vae-train init --data SPEC",
    });
  });

  it.each([
    [{ encoder: [{ type: 'dense', units: 3 }] }, 'encoder.0-dense: its input is [N, 1, 8, 8]'],
    [
      { encoder: [{ type: 'conv2d', filters: 2, kernel: 9 }] },
      'encoder.0-conv2d: Conv: a 9×9 window leaves nothing',
    ],
    [
      { decoder: ['relu', { type: 'conv2d', filters: 2, kernel: 3 }] },
      'decoder.1-conv2d: its input is [N, 2]',
    ],
    [{ decoder: [{ type: 'reshape', shape: [3] }] }, 'decoder.0-reshape: cannot make [3]'],
    [
      {
        decoder: [
          { type: 'reshape', shape: [1, 1, 2] },
          ...Array(40).fill({
            type: 'conv2dTranspose',
            filters: 1,
            kernel: 1,
            stride: 1000,
            padding: 'same',
          }),
        ],
      },
      'decoder.2-conv2dTranspose: its result is [N, 1, 1000000, 2000000], but a sample has fewer than 2147483648 numbers.',
    ],
  ] as [Partial<RecipeInput['model']>, string][])('name the layer that does not fit: %j', (model, text) => {
    const error = errorOf(model) as Error;
    expect(error).toMatchObject({ name: 'TrainerError', code: 'bad-shape' });
    expect(error.message).toContain(text);
  });
});
