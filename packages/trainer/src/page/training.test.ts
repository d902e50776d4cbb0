import { loadRuntime } from '@vae/sdk/runtime';
import { describe, expect, it } from 'vitest';
import { readOnnx } from '../onnx/reader.js';
import { buildPrograms, initialState } from '../programs.js';
import type { RecipeInput } from '../recipe/recipe.js';
import { makeFeeds } from '../run/feeder.js';
import { inThreadOrt } from '../testing/in-thread-ort.js';
import { difference } from '../testing/numbers-of.js';
import { conditional, everyLayer, TINY_SHAPE, tinyDataset, tinyRecipe } from '../testing/tiny-training.js';
import { PageTraining } from './training.js';

const recipe = tinyRecipe({ model: everyLayer });
const { train: split } = tinyDataset();

/** `count` samples of the data set from one on. */
async function samples(first: number, count: number): Promise<Float32Array> {
  const out = new Float32Array(count * 64);
  await split.read(
    Array.from({ length: count }, (_, i) => first + i),
    out,
  );
  return out;
}

const open = async () =>
  PageTraining.open({ recipe, dataShape: TINY_SHAPE, runtime: await loadRuntime({ device: 'cpu' }) });

describe('training without files', () => {
  it('gives the losses of the trainer’s own engine', async () => {
    const programs = buildPrograms(recipe, TINY_SHAPE);
    const engine = await inThreadOrt.compile({ train: programs.train }, initialState(programs, recipe.seed));
    const training = await open();
    const feeder = {
      program: programs.train,
      split,
      itemSize: 64,
      binarize: recipe.data.binarize,
      seed: recipe.seed,
    };
    // The third batch is a short one.
    for (const [step, count] of [8, 8, 5, 8, 8].entries()) {
      const first = [0, 8, 16, 21, 29][step];
      const indices = Array.from({ length: count }, (_, i) => first + i);
      const expected = await engine.run('train', await makeFeeds(feeder, { step, visit: step, indices }, 8));
      const found = await training.step(await samples(first, count));
      for (const [name, [value]] of Object.entries(expected))
        expect(Math.abs(found[name] - value)).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)));
    }
    expect(training.steps).toBe(5);
    await Promise.all([engine.dispose(), training.dispose()]);
  });

  it.each(['cpu', 'wasm'] as const)(
    'of a conditional recipe takes the class of each sample: %s',
    async (device) => {
      const recipe = tinyRecipe({ model: conditional });
      const runtime = await loadRuntime({ device });
      const programs = buildPrograms(recipe, TINY_SHAPE, 2);
      const engine = await inThreadOrt.compile(
        { train: programs.train },
        initialState(programs, recipe.seed),
      );
      const training = await PageTraining.open({ recipe, dataShape: TINY_SHAPE, classes: 2, runtime });
      const { binarize } = recipe.data;
      const feeder = { program: programs.train, split, itemSize: 64, binarize, seed: recipe.seed };
      for (const step of [0, 1]) {
        const indices = Array.from({ length: 8 }, (_, i) => 8 * step + i);
        const expected = await engine.run(
          'train',
          await makeFeeds(feeder, { step, visit: step, indices }, 8),
        );
        const labels = indices.map((index) => split.label!(index));
        const found = await training.step(await samples(8 * step, 8), labels);
        expect(Math.abs(found.loss - expected.loss[0])).toBeLessThan(1e-5 * expected.loss[0]);
      }
      const { encoder, decoder } = await training.exportHalves();
      const inputs = [encoder, decoder].map((half) => readOnnx(half, 'half').inputs.map(({ name }) => name));
      expect(inputs).toEqual([
        ['x', 'label'],
        ['z', 'label'],
      ]);
      const wanted = 'give labels, 2 whole numbers from 0 to 1, one for each sample.';
      for (const labels of [undefined, [0], [0, 2], [0, 0.5]])
        await expect(training.step(await samples(0, 2), labels)).rejects.toThrow(wanted);
      await Promise.all([engine.dispose(), training.dispose()]);
      await expect(PageTraining.open({ recipe, dataShape: TINY_SHAPE, runtime })).rejects.toThrow(
        'the recipe is conditional, and needs data of 2 classes at least; these have 0.',
      );
      const plain = await open();
      await expect(plain.step(await samples(0, 1), [0])).rejects.toThrow(
        'step: labels came, and the recipe is not conditional. Leave them out.',
      );
      await plain.dispose();
    },
  );

  it('accumulates: an update of three batches is that of one three times as large', async () => {
    const runtime = await loadRuntime({ device: 'cpu' });
    const trained = async (changes: Partial<RecipeInput>) => {
      const options = {
        recipe: tinyRecipe({ model: everyLayer, ...changes }),
        dataShape: TINY_SHAPE,
        runtime,
      };
      const training = await PageTraining.open(options);
      const losses: number[] = [];
      // The second update is a short one: its third batch holds no sample.
      for (const [first, count] of [
        [0, 24],
        [24, 13],
        [0, 24],
      ])
        losses.push((await training.step(await samples(first, count))).loss);
      const found = { losses, state: await training.readState(), steps: training.steps };
      await training.dispose();
      return found;
    };
    const parts = await trained({ batch: 8, accumulate: 3 });
    const whole = await trained({ batch: 24 });
    expect(parts.steps).toBe(3);
    parts.losses.forEach((loss, i) => void expect(Math.abs(loss / whole.losses[i] - 1)).toBeLessThan(1e-4));
    // Adam divides by √v: where a gradient is all rounding, the direction is too.
    for (const [name, { data }] of Object.entries(whole.state))
      expect(difference(parts.state[name].data, data), name).toBeLessThan(2e-3);
  });

  it('exports both halves with the weights as they are', async () => {
    const training = await open();
    const before = await training.exportHalves();
    await training.step(await samples(0, 8));
    const { encoder, decoder } = await training.exportHalves();
    expect(encoder).not.toEqual(before.encoder);
    expect(decoder).not.toEqual(before.decoder);
    await training.dispose();
  });

  it('leaves the samples alone', async () => {
    const training = await open();
    const given = await samples(0, 8);
    const copy = given.slice();
    await training.step(given);
    expect(given).toEqual(copy);
    await training.dispose();
  });

  it.each([
    [63, '63 numbers are 0.984375 samples of 64'],
    [0, '0 numbers are 0 samples'],
    [9 * 64, '576 numbers are 9 samples of 64; give whole ones, 1 to 8'],
  ])('refuses %i numbers', async (count, text) => {
    const training = await open();
    await expect(training.step(new Float32Array(count))).rejects.toMatchObject({
      code: 'bad-option',
      message: expect.stringContaining(text),
    });
    expect(training.steps).toBe(0);
    await training.dispose();
  });
});
