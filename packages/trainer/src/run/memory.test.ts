import { describe, expect, it } from 'vitest';
import { buildPrograms } from '../programs.js';
import type { RecipeInput } from '../recipe/recipe.js';
import { conditional, tinyRecipe } from '../testing/tiny-training.js';
import { bytesToTrain, bytesToWrite, requireMemory } from './memory.js';

const shape = [1, 8, 8];
const dense = (units: number | 'data') => ({ type: 'dense', units });
const programsOf = (changes: Partial<RecipeInput>, dataShape: readonly number[] = shape) =>
  buildPrograms(tinyRecipe(changes), dataShape);
const modelOf = (...units: number[]) => ({
  latent: 2,
  encoder: ['flatten', ...units.map(dense)],
  decoder: [dense(8), dense('data')],
});

it('lets networks pass that fit, and names the largest part of those that do not', () => {
  expect(() => requireMemory(programsOf({}), shape)).not.toThrow();
  const large = programsOf({ model: modelOf(2 ** 22, 2 ** 22) });
  expect(() => requireMemory(large, shape)).toThrow(
    /need .* GiB at least.*The largest parameter is encoder\.2-dense\.weight, \[4194304, 4194304\]/,
  );
});

it('asks less of what is only written down', () => {
  const large = programsOf({ model: modelOf(1000, 1000) });
  const given = { available: 40e6 };
  expect(() => requireMemory(large, shape, given)).toThrow(
    'need 0.0389 GiB at least, and 0.0373 GiB are free',
  );
  expect(() => requireMemory(large, shape, { ...given, bytes: bytesToWrite(large) })).not.toThrow();
});

it('counts the labels of a conditional model, of which each sample has a row', () => {
  const of = (classes: number) =>
    buildPrograms(tinyRecipe({ model: conditional, batch: 1000 }), shape, classes);
  const [few, many] = [of(2), of(4096)];
  // 4094 numbers more for each of 1000 samples in 3 batches, and the weights that read them.
  expect(bytesToTrain(many, shape) - bytesToTrain(few, shape)).toBeGreaterThan(4 * 3 * 1000 * 4094);
  const given = { available: 40e6 };
  expect(() => requireMemory(few, shape, given)).not.toThrow();
  expect(() => requireMemory(many, shape, given)).toThrow(
    /GiB at least.*the batch is 1000\. Make them smaller\./,
  );
});

it('names the array that is too long where there is memory for it', () => {
  const long = programsOf({ model: modelOf(2 ** 23) });
  expect(() => requireMemory(long, shape, { available: Number.POSITIVE_INFINITY })).toThrow(
    'have an array of 536870912 numbers, expected fewer than 536870912. The largest parameter is encoder.1-dense.weight',
  );
});

describe('what training holds', () => {
  const adam = { type: 'adam', learningRate: 1e-4 };
  const sgd = { type: 'sgd', learningRate: 1e-4 };
  const rows: [units: number[], changes: Partial<RecipeInput>, peakMiB: number][] = [
    [[3100, 3100], { optimizer: sgd }, 563],
    [[5200, 5200], { optimizer: sgd }, 1228],
    [[3100, 3100], { optimizer: adam }, 666],
    [[4400, 4400], { optimizer: adam }, 1166],
    [[16384], { optimizer: adam }, 697],
    [[3100, 3100], { optimizer: adam, ema: 0.9 }, 876],
  ];
  const START_MIB = 216;

  it.each(rows)('with layers of %j and %j is near the measured peak, and no more', (units, changes, peak) => {
    const image = [1, 28, 28];
    const held = bytesToTrain(programsOf({ ...changes, model: modelOf(...units) }, image), image) / 2 ** 20;
    expect(held).toBeLessThan(peak - START_MIB);
    expect(held).toBeGreaterThan(0.75 * (peak - START_MIB));
  });

  it('of 352 million weights is more than a machine of 12 GiB has', () => {
    const small = [1, 4, 4];
    const wide = programsOf({ model: modelOf(2 ** 24), optimizer: adam }, small);
    expect(() => requireMemory(wide, small, { available: 12 * 2 ** 30 })).toThrow(
      /need 14\.7 GiB at least, and 12 GiB are free here\. The largest parameter is encoder\.1-dense\.weight, \[16, 16777216\]; the batch is 8\./,
    );
  });

  it('counts what convolutions leave for the backward pass, of the samples under way', () => {
    const image = [1, 64, 64];
    const conv = (filters: number) => ({ type: 'conv2d', filters, kernel: 1 });
    const model = { ...modelOf(), encoder: [conv(128), conv(1), 'flatten'] };
    const held = (batch: number) => bytesToTrain(programsOf({ model, batch }, image), image);
    // Floats for each sample: 129 images of 64×64 and the dense layers' results, four times, and three batches
    const dense = 4 + 8 + 64 * 64;
    expect(held(2) - held(1)).toBe(4 * (4 * (129 * 64 * 64 + dense) + 3 * 64 * 64));
    expect(held(65) - held(64)).toBe(4 * 3 * 64 * 64);
  });

  it('counts the windows of convolutions, once where layers are alike', () => {
    const image = [1, 64, 64];
    const conv = (kernel: number) => ({ type: 'conv2d', filters: 1, kernel, padding: 'same' });
    const held = (...kernels: number[]) =>
      bytesToTrain(
        programsOf({ model: { ...modelOf(), encoder: [...kernels.map(conv), 'flatten'] } }, image),
        image,
      );
    const weights = 4 * (5.5 + 3 * 1.4) * (11 * 11 - 1);
    // 8 bytes for each of 121 taps and 64×64 pixels
    expect(held(11) - held(1)).toBeCloseTo(8 * 121 * 64 * 64 + weights, 3);
    expect(held(11, 11) - held(11, 1)).toBeCloseTo(weights, 3);
  });
});
