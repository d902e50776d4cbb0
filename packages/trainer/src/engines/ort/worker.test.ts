import { existsSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { resolveShape } from '../../graph/shape.js';
import { buildPrograms, initialState } from '../../programs.js';
import type { RecipeInput } from '../../recipe/recipe.js';
import { makeFeeds } from '../../run/feeder.js';
import { inThreadOrt } from '../../testing/in-thread-ort.js';
import { everyLayer, TINY_SHAPE, tinyDataset, tinyRecipe } from '../../testing/tiny-training.js';
import type { Compiled, Loan } from '../engine.js';
import { builtFile } from '../thread/built-file.js';
import { ortEngine } from './index.js';

/** A dense network with two kinds of noise. */
const dropout: RecipeInput['model'] = {
  latent: 3,
  encoder: ['flatten', { type: 'dense', units: 21 }, 'relu', { type: 'dropout', keep: 0.7 }],
  decoder: [{ type: 'dense', units: 'data' }],
};

const isBuilt = existsSync(builtFile('ort/worker.js'));

const programs = buildPrograms(tinyRecipe({ model: everyLayer }), TINY_SHAPE);
const { encode, decode, evaluate } = programs;
const state = initialState(programs, 0);
/** One batch for a training step, without dropout or noise. */
const trainFeeds = () =>
  Object.fromEntries(
    programs.train.graph.inputs
      .filter(({ role }) => role !== 'state')
      .map(({ name, role, shape }) => {
        const value = { weight: 1 / 8, noise: 1, data: 0.5, scalar: 0.01 }[role as 'data'];
        return [name, new Float32Array(resolveShape(shape, 8).reduce((a, b) => a * b, 1)).fill(value)];
      }),
  );
const batch = (samples: number) => ({ x: new Float32Array(samples * 64).fill(0.5) });

describe.skipIf(!isBuilt)('the engine in its thread (needs a build of the trainer)', () => {
  let compiled: Compiled | undefined;
  const open = async () => {
    compiled = await ortEngine.compile({ encode, decode, evaluate }, state, { threads: 1 });
    return compiled;
  };
  afterEach(() => compiled?.dispose());

  it('computes what it computes without one', async () => {
    const [inThread, engine] = [await inThreadOrt.compile({ encode, decode }, state), await open()];
    expect(engine.description).toMatch(/^onnxruntime-(node|web) \S+ \(\w+, 1 thread\)$/);
    expect(await engine.run('encode', batch(3))).toEqual(await inThread.run('encode', batch(3)));
    expect(await engine.readState()).toEqual(state);
    const changed = { ...state, 'decoder.0-dense.bias': { data: new Float32Array(16).fill(1), shape: [16] } };
    await engine.writeState(changed);
    await inThread.writeState(changed);
    const z = () => ({ z: Float32Array.of(1, 2, 3) });
    expect(await engine.run('decode', z())).toEqual(await inThread.run('decode', z()));
    await inThread.dispose();
  });

  it('reads what is fed where it lends room for it, also when that is more than once', async () => {
    const trained = { train: programs.train, encode };
    compiled = await ortEngine.compile(trained, state, { threads: 2 });
    const inThread = await inThreadOrt.compile(trained, state, { threads: 2 });
    const { lend, run } = compiled.group!;
    const lentFeeds = (scale: number) => {
      const feeds = trainFeeds();
      const lent = lend!('train')?.arrays;
      for (const [name, array] of Object.entries(lent ?? {}))
        array.set(feeds[name].map((value) => value * scale));
      return { ...feeds, ...lent };
    };
    // What is not lent goes by message: the rate, and noise where it is given.
    const scaled = (scale: number) => {
      const { x, weight, ...feeds } = trainFeeds();
      return { ...feeds, x: x.map((value) => value * scale), weight: weight.map((value) => value * scale) };
    };
    // More than there are slots: those that are left come by message.
    for (const scales of [[1, 0.5], [0.25, 1, 0.75], Array.from({ length: 30 }, (_, i) => 1 / (i + 1))]) {
      const found = await run('train', scales.map(lentFeeds));
      for (const [i, scale] of scales.entries())
        expect(found[i]).toEqual(await inThread.run('train', i < 24 ? scaled(scale) : trainFeeds()));
    }
    expect(await compiled.readState()).toEqual(await inThread.readState());
    await inThread.dispose();
  });

  it.each([
    ['whose batch is dealt out in runs', everyLayer, 40],
    ['whose batch is halved', dropout, 64],
  ])('draws the noise that is fed otherwise, for a network %s', async (_, model, rows) => {
    const built = buildPrograms(tinyRecipe({ model, batch: rows }), TINY_SHAPE);
    const { train, encode } = built;
    const initial = initialState(built, 0);
    compiled = await ortEngine.compile({ train, encode }, initial, { threads: 2 });
    const inThread = await inThreadOrt.compile({ train, encode }, initial, { threads: 2 });
    const { split, ...rest } = {
      split: tinyDataset().train,
      itemSize: 64,
      binarize: false as const,
      seed: 5,
    };
    const feed = (step: number, samples: number, loan?: Loan) => {
      const indices = Array.from({ length: samples }, (_, i) => (7 * i + step) % split.size);
      return makeFeeds({ ...rest, split, program: train }, { step, visit: step, indices }, rows, loan);
    };
    // Also fewer than fill the batch, and than reach the last run.
    for (const [step, samples] of [rows, rows - 3, 5].entries()) {
      const lent = await feed(step, samples, compiled.group!.lend!('train'));
      expect(Object.keys(lent)).not.toContain('eps');
      const [found] = await compiled.group!.run('train', [lent]);
      expect(found).toEqual(await inThread.run('train', await feed(step, samples)));
    }
    expect(await compiled.readState()).toEqual(await inThread.readState());
    await inThread.dispose();
  });

  it('takes several steps in one message, and gives what each of them alone gives', async () => {
    const trained = { train: programs.train, encode };
    compiled = await ortEngine.compile(trained, state, { threads: 2 });
    const inThread = await inThreadOrt.compile(trained, state, { threads: 2 });
    expect(compiled.group!.size).toBe(8);
    const found = await compiled.group!.run('train', [trainFeeds(), trainFeeds(), trainFeeds()]);
    for (const terms of found) expect(terms).toEqual(await inThread.run('train', trainFeeds()));
    expect(found[1].loss[0]).not.toBe(found[0].loss[0]);
    expect(await compiled.readState()).toEqual(await inThread.readState());
    await inThread.dispose();
  });

  it.each([1, 2])('trains to the same last bit as without one: %i threads', async (threads) => {
    const trained = { train: programs.train, encode };
    compiled = await ortEngine.compile(trained, state, { threads });
    const inThread = await inThreadOrt.compile(trained, state, { threads });
    for (let step = 0; step < 3; step++) {
      const terms = await compiled.run('train', trainFeeds());
      expect(terms).toEqual(await inThread.run('train', trainFeeds()));
      expect(terms.loss[0]).toBeGreaterThan(0);
    }
    expect(await compiled.readState()).toEqual(await inThread.readState());
    expect(await compiled.readState()).not.toEqual(state);
    expect(await compiled.run('encode', batch(3))).toEqual(await inThread.run('encode', batch(3)));
    await inThread.dispose();
  });

  it('answers questions in the order they were asked', async () => {
    const engine = await open();
    const answers = await Promise.all([1, 2, 3, 4].map((samples) => engine.run('encode', batch(samples))));
    expect(answers.map(({ mean }) => mean.length)).toEqual([3, 6, 9, 12]);
  });

  it('leaves the event loop free during a long run', async () => {
    const engine = await open();
    let ticks = 0;
    const timer = setInterval(() => void ticks++, 5);
    const feeds = batch(100_000);
    const started = performance.now();
    await engine.run('encode', feeds);
    const elapsed = performance.now() - started;
    clearInterval(timer);
    expect(elapsed).toBeGreaterThan(20);
    // A blocked loop would tick once, after the run; a machine under load may still skip many of the ticks.
    expect(ticks).toBeGreaterThan(1 + elapsed / 50);
  });

  it('hands errors over as TrainerErrors and goes on', async () => {
    const engine = await open();
    // Noise for three samples beside data for two
    const unequal = { ...batch(2), eps: new Float32Array(3 * 3) };
    await expect(engine.run('evaluate', unequal)).rejects.toMatchObject({
      name: 'TrainerError',
      code: 'engine-failed',
      message: expect.stringMatching(/^onnxruntime: running the program "evaluate" failed/),
    });
    await expect(engine.run('nothing', {})).rejects.toMatchObject({
      name: 'TrainerError',
      code: 'engine-failed',
    });
    expect((await engine.run('encode', batch(1))).mean).toHaveLength(3);
  });

  it('does not start on weights that the programs cannot have', async () => {
    const wrong = { ...state, 'decoder.0-dense.bias': { data: new Float32Array(15), shape: [16] } };
    await expect(ortEngine.compile({ encode }, wrong, { threads: 1 })).rejects.toMatchObject({
      name: 'TrainerError',
      code: 'engine-failed',
    });
  });

  it('may be disposed twice, also at once, and refuses to run then', async () => {
    const engine = await open();
    await Promise.all([engine.dispose(), engine.dispose()]);
    await engine.dispose();
    await expect(engine.run('encode', batch(1))).rejects.toMatchObject({
      name: 'TrainerError',
      code: 'engine-failed',
      message: expect.stringMatching(/^The engine's thread ended/),
    });
  });
});
