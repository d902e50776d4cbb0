import { readdir, readFile } from 'node:fs/promises';
import { parseManifest } from '@vae/sdk/manifest';
import { normal, uniform } from '@vae/sdk/random';
import { describe, expect, it, vi } from 'vitest';
import type { Dataset, Split } from '../data/dataset.js';
import { evaluate } from '../engines/reference/index.js';
import { mismatch } from '../export/verify.js';
import { oneHot } from '../model/label.js';
import { buildPrograms } from '../programs.js';
import type { RecipeInput } from '../recipe/recipe.js';
import { difference } from '../testing/numbers-of.js';
import { runOnnx } from '../testing/run-onnx.js';
import { conditional, TINY_SHAPE, tinyDataset, tinyRecipe } from '../testing/tiny-training.js';
import { saveCheckpoint } from './checkpoints/checkpoint.js';
import { testRates } from './range-test/range-test.js';
import { at, bytesOf, epochsOf, lastCheckpoint, runIn, useRunFolder } from './testing/tiny-runs.js';

vi.mock('../engines/index.js', () => import('../testing/in-thread-engines.js'));
useRunFolder();

const recipe: Partial<RecipeInput> = { model: conditional };
const manifestOf = async (name: string) =>
  parseManifest(JSON.parse(String(await bytesOf(name, 'vae/vae.json'))), 'vae.json');

/** The tiny data set with the classes of its samples the other way round. */
function relabelled(): Dataset {
  const dataset = tinyDataset();
  return { ...dataset, train: { ...dataset.train, label: (index) => (index + 1) % 2 } };
}

describe('a run of a conditional recipe', () => {
  it('leaves a model that says so, both halves of which take labels', async () => {
    await runIn('run', { recipe });
    const manifest = await manifestOf('run');
    expect(manifest.labels).toEqual({ classes: ['even', 'odd'], conditional: true });
    const card = String(await bytesOf('run', 'vae/README.md'));
    expect(card).toContain('A conditional variational autoencoder');
    expect(card).toContain('p(x|y)');
    expect(String(await bytesOf('run', 'report.html'))).toContain('draws decoded as each class');

    // The weights of the last step in float64 are what the file computes in float32.
    const { state } = await lastCheckpoint('run');
    const { encode, decode } = buildPrograms(tinyRecipe(recipe), TINY_SHAPE, 2);
    const z = normal({ seed: 4, stream: 'z' }, 6);
    const label = Float32Array.of(1, 0, 0, 1, 0.3, 0.7);
    const weights = Object.fromEntries(Object.entries(state).map(([name, { data }]) => [name, data]));
    const expected = evaluate(decode.graph, { ...weights, z, label }, 3);
    const decoder = await bytesOf('run', 'vae/decoder.onnx');
    const fed = { z: { data: z, shape: [3, 2] }, label: { data: label, shape: [3, 2] } };
    const [found] = await runOnnx(decoder, fed);
    for (const name of ['x', 'logits'])
      expect(mismatch(found[name].data, expected[name].data), name).toBeLessThan(1);
    // The class counts.
    const swapped = { ...fed, label: { data: oneHot([1, 0, 0], 2), shape: [3, 2] } };
    const [other] = await runOnnx(decoder, swapped);
    expect(mismatch(other.x.data, found.x.data)).toBeGreaterThan(1);

    const x = uniform({ seed: 4, stream: 'x' }, 3 * 64);
    const encoder = await bytesOf('run', 'vae/encoder.onnx');
    const { label: beside } = fed;
    const [codes] = await runOnnx(encoder, { x: { data: x, shape: [3, ...TINY_SHAPE] }, label: beside });
    const wanted = evaluate(encode.graph, { ...weights, x, label }, 3);
    for (const name of ['mean', 'logvar'])
      expect(mismatch(codes[name].data, wanted[name].data), name).toBeLessThan(1);
    expect(state['encoder.label.weight'].data.some((value) => value !== 0)).toBe(true);
  });

  it('tells the encoder the class of each sample wherever codes are looked at', async () => {
    await runIn('run', { recipe });
    const { state } = await lastCheckpoint('run');
    const weights = Object.fromEntries(Object.entries(state).map(([name, { data }]) => [name, data]));
    const { encode } = buildPrograms(tinyRecipe(recipe), TINY_SHAPE, 2);
    const codesOf = async ({ size, read, label }: Split) => {
      const x = new Float32Array(size * 64);
      await read([...Array(size).keys()], x);
      const classes = Array.from({ length: size }, (_, index) => label!(index));
      const fed = { ...weights, x: x.map((value) => (value > 0.5 ? 1 : 0)), label: oneHot(classes, 2) };
      return Array.from(evaluate(encode.graph, fed, size).mean.data);
    };
    const { train, test } = tinyDataset();
    const { scatter } = JSON.parse(String(await bytesOf('run', 'latent.json')));
    expect(difference(scatter.points.flat(), await codesOf(test!))).toBeLessThan(1e-4);
    // The prior's statistics are of the training part.
    const codes = await codesOf(train);
    const meanOf = (dimension: number) =>
      codes.reduce((sum, value, i) => sum + (i % 2 === dimension ? value : 0), 0) / train.size;
    const { prior } = await manifestOf('run');
    expect(difference(prior!.mean!, [meanOf(0), meanOf(1)])).toBeLessThan(1e-4);
  });

  it('does not go on from a checkpoint of networks that were otherwise, and leaves it as it is', async () => {
    await runIn('run', { recipe, steps: 6 });
    const { progress, state } = await lastCheckpoint('run');
    const older = Object.entries(state).filter(([name]) => !name.includes('encoder.label'));
    const path = at('run', 'checkpoints', 'last.zip');
    await saveCheckpoint(path, { progress, state: Object.fromEntries(older) });
    const before = await readFile(path);
    await expect(runIn('run', { recipe, resume: true })).rejects.toMatchObject({
      code: 'bad-file',
      message:
        `${at('run')}: the checkpoint has no weights "encoder.label.weight", which the networks of its recipe have now; an earlier ` +
        'version of @vae/trainer made it. Start a new run with another --out and without --resume, or go on with that version.',
    });
    expect((await readFile(path)).equals(before)).toBe(true);
  });

  // 34 samples in updates of 8, two of 4: five an epoch, the last one padded.
  const everything: Partial<RecipeInput> = {
    ...recipe,
    batch: 4,
    accumulate: 2,
    ema: 0.9,
    patience: 4,
    data: { source: 'bars', binarize: 'dynamic', validation: 10 },
  };

  it.each([5, 7])('goes on after %i of 10 updates as if it had not stopped', async (steps) => {
    const straight = await runIn('straight', { recipe: everything });
    expect([straight.steps, straight.validation?.samples, straight.test?.samples]).toEqual([10, 10, 20]);
    await runIn('parts', { recipe: everything, steps });
    await runIn('parts', { recipe: everything, resume: true });
    expect((await lastCheckpoint('parts')).state).toEqual((await lastCheckpoint('straight')).state);
    const whole = (await epochsOf('parts')).filter(({ step }) => step % 5 === 0);
    expect(whole).toEqual(await epochsOf('straight'));
    for (const file of ['encoder.onnx', 'decoder.onnx', 'preview.png'])
      expect((await bytesOf('parts', `vae/${file}`)).equals(await bytesOf('straight', `vae/${file}`))).toBe(
        true,
      );
  });

  it('goes on with the same labels only', async () => {
    await runIn('run', { recipe, steps: 6 });
    const resumed = (dataset: Dataset) => runIn('run', { recipe, dataset, resume: true });
    await expect(resumed(relabelled())).rejects.toMatchObject({
      code: 'bad-data',
      message: expect.stringContaining('samples are of other classes than they were.'),
    });
    await expect(resumed({ ...tinyDataset(), classes: ['cat', 'dog'] })).rejects.toThrow(
      'the classes were "even", "odd", now they are "cat", "dog".',
    );
    await expect(runIn('run', { resume: true })).rejects.toThrow('"model" is not what the run began with');
    expect((await resumed(tinyDataset())).steps).toBe(12);
  });

  it('of a model that is not conditional goes on with other labels, and where the recipe says that it is not', async () => {
    await runIn('run', { steps: 6 });
    const plain = { model: { ...conditional, conditional: false } };
    const { steps } = await runIn('run', { recipe: plain, dataset: relabelled(), resume: true });
    expect(steps).toBe(12);
    expect((await manifestOf('run')).labels).toEqual({ classes: ['even', 'odd'], conditional: false });
  });

  it('is refused data without classes before anything is written', async () => {
    const dataset = { ...tinyDataset(), classes: undefined };
    await expect(runIn('run', { recipe, dataset })).rejects.toThrow('these data have no classes');
    const found = testRates({ recipe: tinyRecipe(recipe), dataset, from: 1e-6, to: 1, steps: 10 });
    await expect(found).rejects.toThrow('these data have no classes');
    expect(await readdir(at('.'))).toEqual([]);
  });

  it('trains an autoencoder, and tables', async () => {
    await runIn('codes', { recipe: { ...recipe, objective: 'autoencoder' } });
    expect((await manifestOf('codes')).labels?.conditional).toBe(true);
    expect(String(await bytesOf('codes', 'vae/README.md'))).toContain('A conditional autoencoder');
    const { train, test, ...rest } = tinyDataset();
    const table = { ...rest, kind: 'vector', shape: [64], train, test } as const;
    await runIn('rows', { recipe, dataset: table });
    expect((await manifestOf('rows')).data.kind).toBe('vector');
  });

  it('is tried with growing rates', async () => {
    const found = await testRates({
      ...{ recipe: tinyRecipe(recipe), dataset: tinyDataset(), from: 1e-5, to: 0.1, steps: 12 },
    });
    expect(found.readings.length).toBeGreaterThan(10);
    expect(found.readings.every(({ loss }) => Number.isFinite(loss))).toBe(true);
  });
});
