import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Tensor, VAE } from '@vae/sdk';
import { normal, uniform } from '@vae/sdk/random';
import {
  buildPrograms,
  type Compiled,
  datasetShape,
  engines,
  exportModel,
  initialState,
  loadRecipe,
  type Programs,
  type Recipe,
  type State,
  shippedRecipes,
  writeModelFolder,
} from '@vae/trainer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lastJson, node, root, temporaryFolder, vae } from '../support/project.js';

const python = [
  process.env.VAE_TEST_TENSORFLOW_PYTHON,
  join(root, '.cache/python-tensorflow/bin/python'),
].find((path) => path !== undefined && path !== '' && existsSync(path));
const trained = join(root, 'models/mnist-conv');
const BATCHES = [1, 7, 128];
/** Of conditional models. */
const CLASSES = Array.from({ length: 10 }, (_, i) => String(i));

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
const given = process.env.VAE_TENSORFLOW_PYTHON;
beforeAll(async () => {
  temporary = await temporaryFolder();
  if (python) process.env.VAE_TENSORFLOW_PYTHON = python;
});
afterAll(async () => {
  if (given === undefined) delete process.env.VAE_TENSORFLOW_PYTHON;
  else process.env.VAE_TENSORFLOW_PYTHON = given;
  await temporary.remove();
});

/** Random weights, biases too: they start at 0, and a lost one would not be seen. */
function randomWeights(programs: Programs): State {
  const state = Object.entries(initialState(programs, 5)).map(([name, { data, shape }]) => {
    const noise = normal({ seed: 5, stream: name }, data.length);
    return [name, { shape, data: data.map((value, i) => value + 0.05 * noise[i]) }];
  });
  return Object.fromEntries(state);
}

function modelOf(
  recipe: Recipe,
  shape: readonly number[],
  programs: Programs,
  weights: State,
  compiled: Compiled,
) {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return {
    manifest: {
      format: 'vae',
      version: 1,
      name: recipe.name,
      data: { kind: 'image', shape: [...shape], range: [0, 1] },
      latent: { kind: programs.objective.latent, shape: [recipe.model.latent] },
      likelihood: programs.likelihood.describe(weights),
      ...(recipe.model.conditional && { labels: { classes: CLASSES, conditional: true } }),
      training: { recipe },
    },
    programs,
    weights,
    compiled,
    reference: uniform({ seed: 1, stream: 'x' }, 16 * size),
    caveat: 'Random weights.',
  } satisfies Parameters<typeof writeModelFolder>[1];
}

async function compile({ encode, decode }: Programs, weights: State): Promise<Compiled> {
  return (await engines.ort()).compile({ encode, decode }, weights);
}

/** Largest |a − b|, in units of max(1, largest finite |b|); the −∞ of a code without noise must be the same. */
function difference(got: Tensor, expected: Tensor): number {
  expect(got.shape).toEqual(expected.shape);
  const finite = expected.data.filter(Number.isFinite);
  const scale = finite.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const distances = got.data.map((value, i) =>
    value === expected.data[i] ? 0 : Math.abs(value - expected.data[i]),
  );
  return distances.reduce((most, value) => Math.max(most, value), 0) / scale;
}

/** Both models on the same numbers, at every batch size. */
async function expectSameModels(path: string, other: string): Promise<void> {
  await using model = await VAE.load(path, { device: 'cpu' });
  await using judge = await VAE.load(other, { device: 'cpu' });
  for (const batch of BATCHES) {
    const shape = [batch, ...model.data.shape];
    const size = shape.reduce((product, extent) => product * extent, 1);
    const x = { shape, data: uniform({ seed: 2, stream: `x${batch}` }, size) };
    // A class for each item and each code, where the model is conditional.
    const given = model.labels && { label: Array.from({ length: batch }, (_, i) => i % CLASSES.length) };
    const [got, expected] = [await model.encode(x, given), await judge.encode(x, given)];
    expect(difference(got.mean, expected.mean)).toBeLessThan(1e-5);
    if (expected.logvar) expect(difference(got.logvar!, expected.logvar)).toBeLessThan(1e-5);
    const latents = [batch, ...model.latent.shape];
    const count = latents.reduce((product, extent) => product * extent, 1);
    const z = { shape: latents, data: normal({ seed: 3, stream: `z${batch}` }, count) };
    expect(difference(await model.decode(z, given), await judge.decode(z, given))).toBeLessThan(1e-5);
  }
}

describe.skipIf(!python)('export via tf2onnx (needs VAE_TEST_TENSORFLOW_PYTHON)', () => {
  it.each(shippedRecipes())('of %s equals the native export', { timeout: 300_000 }, async (name) => {
    const recipe = await loadRecipe(name);
    const shape = datasetShape(recipe.data.source);
    const programs = buildPrograms(recipe, shape, CLASSES.length);
    const weights = randomWeights(programs);
    const compiled = await compile(programs, weights);
    const [native, converted] = ['native', 'tf2onnx'].map((via) => join(temporary.folder, `${name}-${via}`));
    try {
      const model = modelOf(recipe, shape, programs, weights, compiled);
      await writeModelFolder(native, model);
      const { training } = await writeModelFolder(converted, { ...model, exportVia: 'tf2onnx' });
      expect(training?.versions).toHaveProperty('tf2onnx');
    } finally {
      await compiled.dispose();
    }
    await expectSameModels(converted, native);
  });

  it('of the trained model equals it, from the command', { timeout: 300_000 }, async () => {
    const out = join(temporary.folder, 'trained');
    const made = await node([vae, 'export', trained, '--via', 'tf2onnx', '-o', out, '--json']);
    expect(made, made.stderr).toMatchObject({ code: 0 });
    expect(lastJson(made)).toMatchObject({ output: out, name: 'mnist-conv', via: 'tf2onnx' });
    await expectSameModels(out, trained);
    const again = await node([vae, 'export', out, '-o', join(temporary.folder, 'back')]);
    expect(again).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^[^\n]*the trainer's own writer[^\n]*\n$/),
    });
  });

  it('is refused where the padding differs by one', { timeout: 300_000 }, async () => {
    const recipe = await loadRecipe('seed-cvae');
    const moved = structuredClone(recipe);
    const last = moved.model.decoder.at(-1)!;
    expect(last).toMatchObject({ type: 'conv2dTranspose', padding: 'same', stride: 1 });
    // The same sizes, the picture one pixel off.
    Object.assign(last, { padding: [0, 1, 2, 1] });
    const shape = [1, 28, 28];
    const programs = buildPrograms(recipe, shape);
    const weights = randomWeights(programs);
    // The judge is right, and what is converted is wrong.
    const compiled = await compile(programs, weights);
    const out = join(temporary.folder, 'moved');
    const broken = modelOf(recipe, shape, buildPrograms(moved, shape), weights, compiled);
    await expect(writeModelFolder(out, { ...broken, exportVia: 'tf2onnx' })).rejects.toMatchObject({
      code: 'export-mismatch',
      message: expect.stringMatching(/^decoder\.onnx: output "(x|logits)" differs/),
    });
    await compiled.dispose();
    expect(existsSync(out)).toBe(false);
  });
});

it('a model for TensorFlow.js is written from the folder alone', async () => {
  const out = join(temporary.folder, 'js');
  await exportModel(trained, { out, format: 'tfjs' });
  expect((await readdir(out)).sort()).toEqual(['README.md', 'decoder', 'encoder']);
});
