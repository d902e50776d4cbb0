import { describe, expect, it } from 'vitest';
import { likelihoods } from '../../likelihoods/index.js';
import { objectives } from '../../objectives/index.js';
import { buildPrograms, initialState } from '../../programs.js';
import type { Recipe } from '../../recipe/recipe.js';
import { inThreadOrt } from '../../testing/in-thread-ort.js';
import { describeBackends, inThreadTfjs, openOnly } from '../../testing/tfjs-backends.js';
import { tinyFeeds } from '../../testing/tiny-feeds.js';
import { everyLayer, TINY_SHAPE, tinyRecipe } from '../../testing/tiny-training.js';
import type { Compiled, Engine } from '../engine.js';
import { referenceEngine } from '../reference/index.js';

const recipe = tinyRecipe({ model: everyLayer, objective: { type: 'elbo', kl: 'sampled' } });

async function start(engine: Engine, of: Recipe = recipe): Promise<Compiled> {
  const programs = buildPrograms(of, TINY_SHAPE, 2);
  const { train, evaluate, encode, decode } = programs;
  return engine.compile({ train, evaluate, encode, decode }, initialState(programs, of.seed), { threads: 1 });
}

/** What training steps tell. */
async function* eachStep(compiled: Compiled, of: Recipe, { fromStep = 0, toStep = 20 } = {}) {
  for (const feeds of await tinyFeeds(of, toStep, fromStep)) {
    const results = await compiled.run('train', feeds);
    yield Object.fromEntries(Object.entries(results).map(([name, [value]]) => [name, value!]));
  }
}

async function steps(...given: Parameters<typeof eachStep>): Promise<Record<string, number>[]> {
  const found: Record<string, number>[] = [];
  for await (const terms of eachStep(...given)) found.push(terms);
  return found;
}

const losses = async (...given: Parameters<typeof steps>) => (await steps(...given)).map(({ loss }) => loss!);

const recipes: [string, Recipe][] = [
  ['every layer, sampled KL', recipe],
  [
    'every layer, clipped',
    tinyRecipe({
      model: everyLayer,
      optimizer: { type: 'sgd', learningRate: 0.01, momentum: 0.9, clipNorm: 1 },
    }),
  ],
  [
    'a capacity',
    tinyRecipe({
      objective: { type: 'betaVaeCapacity', gamma: 10 },
      optimizer: { type: 'adamW', learningRate: 0.01 },
    }),
  ],
  ['a learned variance', tinyRecipe({ likelihood: { type: 'gaussian', variance: 'learned' } })],
  ...Object.keys(likelihoods).map((type): [string, Recipe] => [type, tinyRecipe({ likelihood: type })]),
  ...Object.keys(objectives).map((type): [string, Recipe] => [type, tinyRecipe({ objective: type })]),
  ['conditional, every layer', tinyRecipe({ model: { ...everyLayer, conditional: true } })],
];

const expectClose = (found: number, expected: number, tolerance: number, what: string): void =>
  expect(Math.abs(found - expected), `${what}: ${found}, not ${expected}`).toBeLessThanOrEqual(
    tolerance * Math.max(1e-3, Math.abs(expected)),
  );

describeBackends('TensorFlow.js against the float64 reference', (only) => {
  it.each(recipes)('gives the same terms over 20 steps: %s', async (_, of) => {
    const [tfjs, reference] = [await start(inThreadTfjs(only), of), await start(referenceEngine, of)];
    const [found, expected] = [await steps(tfjs, of), await steps(reference, of)];
    expected.forEach((terms, i) => {
      expect(Object.keys(found[i]).sort()).toEqual(Object.keys(terms).sort());
      for (const [name, value] of Object.entries(terms))
        expectClose(found[i][name], value, name === 'loss' ? 1e-4 : 1e-3, `${name} of step ${i}`);
    });
    // It learns: the steps compared are no standstill.
    expect(Math.abs(expected[19].loss! / expected[0].loss! - 1)).toBeGreaterThan(0.01);
    await tfjs.dispose();
  });

  it('gives the same codes, pictures and terms of each sample', async () => {
    const [tfjs, reference] = [await start(inThreadTfjs(only)), await start(referenceEngine)];
    const x = () => Float32Array.from({ length: 5 * 64 }, (_, i) => (i % 3 === 0 ? 1 : 0));
    const feeds: Record<string, () => Record<string, Float32Array>> = {
      encode: () => ({ x: x() }),
      decode: () => ({ z: Float32Array.from({ length: 15 }, (_, i) => i / 7 - 1) }),
      evaluate: () => ({ x: x(), eps: Float32Array.from({ length: 15 }, (_, i) => Math.sin(i)) }),
    };
    for (const [name, make] of Object.entries(feeds)) {
      const [found, expected] = [await tfjs.run(name, make()), await reference.run(name, make())];
      expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
      for (const [output, values] of Object.entries(expected)) {
        expect(found[output]).toHaveLength(values.length);
        values.forEach((value, i) => void expectClose(found[output][i], value, 1e-4, `${name}, ${output}`));
      }
    }
    await tfjs.dispose();
  });

  it('keeps no tensor from step to step, and none at the end', async () => {
    const { tf } = await openOnly(only);
    const before = tf.memory().numTensors;
    const tfjs = await start(inThreadTfjs(only));
    const after = tf.memory().numTensors;
    for await (const _ of eachStep(tfjs, recipe, { toStep: 300 })) expect(tf.memory().numTensors).toBe(after);
    await tfjs.run('encode', { x: new Float32Array(64) });
    await tfjs.writeState(await tfjs.readState());
    expect(tf.memory().numTensors).toBe(after);
    await Promise.all([tfjs.dispose(), tfjs.dispose()]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('is bit-equal after two runs of the same steps', async () => {
    const [one, other] = [await start(inThreadTfjs(only)), await start(inThreadTfjs(only))];
    expect(await losses(other, recipe)).toEqual(await losses(one, recipe));
    expect(await other.readState()).toEqual(await one.readState());
    await Promise.all([one.dispose(), other.dispose()]);
  });
});

describeBackends('the state in TensorFlow.js', (only) => {
  it('starts as it was given, goes out as a copy, and is left alone by programs that only look', async () => {
    const given = initialState(buildPrograms(recipe, TINY_SHAPE), recipe.seed);
    const tfjs = await start(inThreadTfjs(only));
    const read = await tfjs.readState();
    expect(read).toEqual(given);
    read['decoder.0-dense.bias'].data.fill(99);
    await tfjs.run('encode', { x: new Float32Array(64) });
    expect(await tfjs.readState()).toEqual(given);
    await tfjs.dispose();
  });

  it('is no more the array that it was written from', async () => {
    const tfjs = await start(inThreadTfjs(only));
    const state = await tfjs.readState();
    const bias = state['decoder.0-dense.bias'];
    bias.data.fill(7);
    await tfjs.writeState(state);
    bias.data.fill(99);
    expect((await tfjs.readState())['decoder.0-dense.bias'].data).toEqual(new Float32Array(16).fill(7));
    await tfjs.dispose();
  });

  it.each([
    ['from ort', inThreadOrt, inThreadTfjs(only)],
    ['to ort', inThreadTfjs(only), inThreadOrt],
  ])('goes over %s in the middle of a run', async (_, first, second) => {
    const whole = await start(inThreadOrt);
    const expected = await losses(whole, recipe);
    const [one, two] = [await start(first), await start(second)];
    const found = await losses(one, recipe, { toStep: 10 });
    await two.writeState(await one.readState());
    found.push(...(await losses(two, recipe, { fromStep: 10 })));
    expected.forEach((loss, i) => void expectClose(found[i], loss, 1e-3, `step ${i}`));
    await Promise.all([whole, one, two].map((compiled) => compiled.dispose()));
  });

  it('is left alone by a run that fails', async () => {
    const tfjs = await start(inThreadTfjs(only));
    const before = await tfjs.readState();
    // Noise for three samples beside data for two
    const unequal = { x: new Float32Array(2 * 64), eps: new Float32Array(3 * 3) };
    await expect(tfjs.run('evaluate', unequal)).rejects.toMatchObject({
      name: 'TrainerError',
      code: 'engine-failed',
      message: expect.stringMatching(/^tfjs: running the program "evaluate" failed \(/),
    });
    expect(await tfjs.readState()).toEqual(before);
    await tfjs.dispose();
  });
});

describe('programs', () => {
  it('that are not there, or no more, do not run', async () => {
    const tfjs = await start(inThreadTfjs('cpu'));
    const refusal = { name: 'TrainerError', code: 'engine-failed' };
    await expect(tfjs.run('nothing', {})).rejects.toMatchObject(refusal);
    await tfjs.dispose();
    await expect(tfjs.run('encode', { x: new Float32Array(64) })).rejects.toMatchObject(refusal);
  });

  it('do not start on weights that they cannot have', async () => {
    const programs = buildPrograms(recipe, TINY_SHAPE);
    const wrong = { 'decoder.0-dense.bias': { data: new Float32Array(15), shape: [16] } };
    const state = { ...initialState(programs, 0), ...wrong };
    await expect(inThreadTfjs('cpu').compile({ decode: programs.decode }, state)).rejects.toMatchObject({
      name: 'TrainerError',
      code: 'engine-failed',
      message: expect.stringMatching(/^tfjs: loading the weights failed \(/),
    });
  });

  it('say what runs', async () => {
    const [wasm, cpu] = [await start(inThreadTfjs('wasm')), await start(inThreadTfjs('cpu'))];
    expect(wasm.description).toMatch(/^tfjs \d+\.\d+\.\d+ \(wasm, 1 thread\)$/);
    expect(cpu.description).toMatch(/^tfjs \d+\.\d+\.\d+ \(plain JavaScript, 1 thread\)$/);
    expect([wasm.device, cpu.device]).toEqual(['wasm', 'cpu']);
    expect(Object.keys(wasm.versions)).toEqual(['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm']);
    expect(Object.keys(cpu.versions)).toEqual(['@tensorflow/tfjs']);
    await Promise.all([wasm.dispose(), cpu.dispose()]);
  });
});
