import { describe, expect, it } from 'vitest';
import { buildGraph } from '../../graph/graph.js';
import { input } from '../../graph/value.js';
import { matMul } from '../../ops/index.js';
import { buildPrograms, initialState } from '../../programs.js';
import type { Recipe } from '../../recipe/recipe.js';
import { inThreadOrt } from '../../testing/in-thread-ort.js';
import { tinyFeeds } from '../../testing/tiny-feeds.js';
import { everyLayer, TINY_SHAPE, tinyRecipe } from '../../testing/tiny-training.js';
import type { Compiled, Engine } from '../engine.js';
import { referenceEngine } from '../reference/index.js';
import { EngineThread } from './engine-thread.js';
import { toOrtProgram } from './to-program.js';

const recipe = tinyRecipe({ model: everyLayer, objective: { type: 'elbo', kl: 'sampled' } });

async function start(engine: Engine, of: Recipe = recipe): Promise<Compiled> {
  const programs = buildPrograms(of, TINY_SHAPE);
  const { train, evaluate, encode, decode } = programs;
  return engine.compile({ train, evaluate, encode, decode }, initialState(programs, of.seed), { threads: 1 });
}

/** Losses of training steps. */
async function losses(compiled: Compiled, of: Recipe, { fromStep = 0, toStep = 20 } = {}): Promise<number[]> {
  const found: number[] = [];
  for (const feeds of await tinyFeeds(of, toStep, fromStep))
    found.push((await compiled.run('train', feeds)).loss[0]);
  return found;
}

describe('ONNX Runtime against the float64 reference', () => {
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
    ['an autoencoder', tinyRecipe({ objective: 'autoencoder' })],
  ];

  it.each(recipes)('gives the same losses over 20 steps: %s', async (_, of) => {
    const [ort, reference] = [await start(inThreadOrt, of), await start(referenceEngine, of)];
    const [found, expected] = [await losses(ort, of), await losses(reference, of)];
    found.forEach((loss, i) => {
      expect(Math.abs(loss - expected[i]) / Math.abs(expected[i])).toBeLessThan(1e-4);
    });
    // It learns: the steps compared are no standstill.
    expect(Math.abs(expected[19] - expected[0]) / Math.abs(expected[0])).toBeGreaterThan(0.01);
    await ort.dispose();
  });

  it('gives the same codes, pictures and terms of each sample', async () => {
    const [ort, reference] = [await start(inThreadOrt), await start(referenceEngine)];
    const x = () => Float32Array.from({ length: 5 * 64 }, (_, i) => (i % 3 === 0 ? 1 : 0));
    const feeds: Record<string, () => Record<string, Float32Array>> = {
      encode: () => ({ x: x() }),
      decode: () => ({ z: Float32Array.from({ length: 15 }, (_, i) => i / 7 - 1) }),
      evaluate: () => ({ x: x(), eps: Float32Array.from({ length: 15 }, (_, i) => Math.sin(i)) }),
    };
    for (const [name, make] of Object.entries(feeds)) {
      const [found, expected] = [await ort.run(name, make()), await reference.run(name, make())];
      expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
      for (const [output, values] of Object.entries(expected)) {
        expect(found[output]).toHaveLength(values.length);
        for (const [i, value] of values.entries())
          expect(Math.abs(found[output][i] - value)).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)));
      }
    }
    await ort.dispose();
  });
});

describe('the state', () => {
  it('starts as it was given and goes out as a copy', async () => {
    const programs = buildPrograms(recipe, TINY_SHAPE);
    const given = initialState(programs, recipe.seed);
    const ort = await start(inThreadOrt);
    const read = await ort.readState();
    expect(read).toEqual(given);
    read['decoder.0-dense.bias'].data.fill(99);
    expect(await ort.readState()).toEqual(given);
    await ort.dispose();
  });

  it('that was read and written back goes on to the same losses, bit by bit', async () => {
    const ort = await start(inThreadOrt);
    await losses(ort, recipe, { toStep: 5 });
    const after = await ort.readState();
    const first = await losses(ort, recipe, { fromStep: 5, toStep: 10 });
    await ort.writeState(after);
    expect(await ort.readState()).toEqual(after);
    const again = await losses(ort, recipe, { fromStep: 5, toStep: 10 });
    expect(again).toEqual(first);
    await ort.dispose();
  });

  it('is bit-equal after two runs of the same steps', async () => {
    const [one, other] = [await start(inThreadOrt), await start(inThreadOrt)];
    expect(await losses(other, recipe)).toEqual(await losses(one, recipe));
    expect(await other.readState()).toEqual(await one.readState());
    await Promise.all([one.dispose(), other.dispose()]);
  });

  it('is left alone by programs that only look', async () => {
    const ort = await start(inThreadOrt);
    const before = await ort.readState();
    await ort.run('encode', { x: new Float32Array(64) });
    expect(await ort.readState()).toEqual(before);
    await ort.dispose();
  });

  it('is left alone by a run that fails', async () => {
    const ort = await start(inThreadOrt);
    const before = await ort.readState();
    // Noise for three samples beside data for two
    const unequal = { x: new Float32Array(2 * 64), eps: new Float32Array(3 * 3) };
    await expect(ort.run('evaluate', unequal)).rejects.toMatchObject({
      name: 'TrainerError',
      code: 'engine-failed',
      message: expect.stringMatching(/^onnxruntime: running the program "evaluate" failed \(/),
    });
    expect(await ort.readState()).toEqual(before);
    await ort.dispose();
  });
});

describe('ort programs', () => {
  it('say what runs', async () => {
    const ort = await EngineThread.open({ programs: {}, state: {}, threads: 2 });
    const { description, versions } = ort.describe();
    const [[name, version]] = Object.entries(versions);
    expect(['onnxruntime-node', 'onnxruntime-web']).toContain(name);
    expect(version).toMatch(/^\d+\.\d+\.\d+/);
    expect(description).toMatch(new RegExp(`^${name} ${version} \\(\\w+, 2 threads\\)$`));
    await ort.dispose();
    await ort.dispose();
  });

  it('refuse bytes that are no model by name', async () => {
    const broken = { bytes: new Uint8Array([1, 2, 3]), feeds: [], reads: [], updates: [] };
    await expect(EngineThread.open({ programs: { broken }, state: {}, threads: 1 })).rejects.toMatchObject({
      code: 'engine-failed',
      message: expect.stringMatching(/^onnxruntime: loading the program "broken" failed \(/),
    });
  });

  it('tell fed inputs from state by name', () => {
    const [x, w] = [input('x', 'data', ['N', 2], ''), input('w', 'state', [2, 3], '')];
    const graph = buildGraph('g', { y: matMul(x, w) });
    const program = toOrtProgram(
      { graph, updates: new Map() },
      { w: { data: new Float32Array(6), shape: [2, 3] } },
    );
    expect(program.feeds.map(({ name }) => name)).toEqual(['x']);
    expect(program.reads).toEqual(['w']);
  });
});
