import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Engine, Program, State } from '../engines/engine.js';
import { OrtPrograms } from '../engines/ort/ort-programs.js';
import { toOrtProgram } from '../engines/ort/to-program.js';
import { referenceEngine } from '../engines/reference/index.js';
import { buildPrograms, initialState } from '../programs.js';
import { parseRecipe, type RecipeInput } from '../recipe/recipe.js';
import { inThreadOrt } from '../testing/in-thread-ort.js';
import { difference } from '../testing/numbers-of.js';
import { inThreadTfjs } from '../testing/tfjs-backends.js';
import { conditional, everyLayer, TINY_SHAPE, tinyDataset, tinyRecipe } from '../testing/tiny-training.js';
import { asOneBatch, compileAccumulating } from './accumulate.js';
import { batches } from './batches.js';
import { loadCheckpoint } from './checkpoints/checkpoint.js';
import { train } from './train.js';
import type { TrainOptions } from './types.js';

const inUse = vi.hoisted(() => ({ engine: undefined as Engine | undefined }));
// The engine's thread starts from a build; here it computes in the test's own.
vi.mock('../engines/index.js', async (original) => {
  const { engines } = await original<typeof import('../engines/index.js')>();
  return { engines: { ...engines, ort: async () => inUse.engine } };
});

/** ONNX Runtime with every program as one graph, as on a device that keeps no step in parts. */
const wholeOrt: Engine = {
  name: 'ort',
  compile: async (programs: Readonly<Record<string, Program>>, state: State) => {
    const { loadRuntime } = await import('@vae/sdk/runtime');
    const lowered = Object.entries(programs).map(([name, program]) => [name, toOrtProgram(program, state)]);
    const setup = { programs: Object.fromEntries(lowered), state: structuredClone(state), threads: 1 };
    const opened = await OrtPrograms.open(await loadRuntime(), setup);
    return {
      description: 'whole graphs',
      versions: {},
      device: 'wasm',
      run: (name, feeds) => opened.run(name, feeds),
      readState: async () => opened.readState(),
      writeState: async (next) => opened.writeState(structuredClone(next)),
      dispose: () => opened.dispose(),
    };
  },
};

const recipes: [string, Partial<RecipeInput>][] = [
  ['every layer', { model: everyLayer, objective: { type: 'elbo', kl: 'sampled' }, ema: 0.9 }],
  ['clipped', { optimizer: { type: 'sgd', learningRate: 0.01, momentum: 0.9, clipNorm: 1 } }],
  ['a capacity', { objective: { type: 'betaVaeCapacity', gamma: 10 } }],
  ['conditional', { model: conditional }],
  ['importance weights', { objective: 'iwae', model: everyLayer }],
];

/** What updates of 44 samples in 24s say, and the state after them; the second of an epoch has 20 samples. */
async function updates(engine: Engine, changes: Partial<RecipeInput>, toStep = 6) {
  const recipe = tinyRecipe(changes);
  const one = asOneBatch(recipe);
  const programs = buildPrograms(one, TINY_SHAPE, 2);
  const { train: step, evaluate, encode, decode } = programs;
  const state = initialState(programs, recipe.seed);
  const asked: string[] = [];
  const compiled = await compileAccumulating(
    recording(engine, asked),
    { train: step, evaluate, encode, decode },
    state,
    recipe,
    { threads: 1 },
  );
  const feeding = {
    program: step,
    split: tinyDataset().train,
    itemSize: 64,
    binarize: 0.5,
    seed: recipe.seed,
  } as const;
  const terms: Record<string, number>[] = [];
  for await (const { feeds } of batches(feeding, { rows: one.batch, fromStep: 0, toStep })) {
    const results = await compiled.run('train', feeds);
    terms.push(Object.fromEntries(Object.entries(results).map(([name, [value]]) => [name, value])));
  }
  const after = await compiled.readState();
  await compiled.dispose();
  return { terms, state: after, asked };
}

/** The engine, with the names of the programs that it was asked to run. */
const recording = (engine: Engine, asked: string[]): Engine => ({
  ...engine,
  compile: async (...parameters) => {
    const compiled = await engine.compile(...parameters);
    return new Proxy(compiled, {
      get: (target, key) => {
        const value = Reflect.get(target, key);
        if (typeof value !== 'function') return value;
        return (...words: unknown[]) => {
          if (key === 'run') asked.push(words[0] as string);
          return Reflect.apply(value, target, words);
        };
      },
    });
  },
});

const engines: [string, Engine][] = [
  ['reference', referenceEngine],
  ['ONNX Runtime on the processor', inThreadOrt],
  ['ONNX Runtime, whole graphs', wholeOrt],
  ['TensorFlow.js, WebAssembly', inThreadTfjs('wasm')],
  ['TensorFlow.js, plain JavaScript', inThreadTfjs('cpu')],
];

describe.each(engines)('an update of three batches: %s', (name, engine) => {
  it.each(recipes)('is that of one batch three times as large: %s', async (_, changes) => {
    const parts = await updates(engine, { ...changes, batch: 8, accumulate: 3 });
    const whole = await updates(engine, { ...changes, batch: 24 });
    for (const [i, terms] of whole.terms.entries()) {
      expect(Object.keys(parts.terms[i]).sort()).toEqual(Object.keys(terms).sort());
      for (const [term, value] of Object.entries(terms))
        expect(Math.abs(parts.terms[i][term] - value) / Math.max(1, Math.abs(value)), term).toBeLessThan(
          1e-4,
        );
    }
    expect(Object.keys(parts.state).sort()).toEqual(Object.keys(whole.state).sort());
    // Adam divides by √v: where a gradient is all rounding, the direction is too.
    for (const [tensor, { data }] of Object.entries(whole.state))
      expect(difference(parts.state[tensor].data, data), tensor).toBeLessThan(2e-3);
    const divided = name !== 'ONNX Runtime on the processor';
    // 24 samples are three batches, 20 are three too; an update is one more run.
    expect(parts.asked).toHaveLength(divided ? 6 * 4 : 6);
    expect(whole.asked).toEqual(Array(6).fill('train'));
  });
});

describe('batches that are all padding', () => {
  it('are not run', async () => {
    // 44 samples in updates of 32: 12 are left for the second, and two of its four batches of 8 are empty.
    const { asked } = await updates(referenceEngine, { batch: 8, accumulate: 4 }, 2);
    expect(asked).toEqual([...Array(4).fill('gradients'), 'update', 'gradients', 'gradients', 'update']);
  });
});

describe('an objective that couples samples', () => {
  it('sees those of an update at once', async () => {
    const { asked } = await updates(referenceEngine, { objective: 'betaTcVae', batch: 8, accumulate: 4 }, 2);
    expect(asked).toEqual(['train', 'train']);
  });
});

describe('a run that accumulates', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'vae-accumulate-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  const runIn = (name: string, recipe: Partial<RecipeInput>, options: Partial<TrainOptions> = {}) =>
    train({
      dataset: tinyDataset({ train: 54 }),
      threads: 1,
      ...options,
      recipe: tinyRecipe(recipe),
      out: join(root, name),
    });
  const last = async (name: string) => (await loadCheckpoint(join(root, name, 'checkpoints', 'last.zip')))!;
  const everything: Partial<RecipeInput> = {
    batch: 4,
    accumulate: 4,
    epochs: 4,
    ema: 0.9,
    patience: 4,
    data: { source: 'bars', binarize: 0.5, validation: 10 },
    optimizer: { type: 'adam', learningRate: 0.01, clipNorm: 1 },
  };

  // 44 samples in updates of 16: three an epoch, 12 in all.
  it.each([
    ['the processor', 6, inThreadOrt],
    ['the processor', 4, inThreadOrt],
    ['whole graphs', 6, wholeOrt],
    ['whole graphs', 4, wholeOrt],
  ] as const)('counts updates and goes on bit by bit: %s, after %i updates', async (_, steps, engine) => {
    inUse.engine = engine;
    const straight = await runIn('straight', everything);
    expect([straight.steps, straight.epochs]).toEqual([12, 4]);
    await runIn('parts', everything, { steps });
    await runIn('parts', everything, { resume: true });
    expect((await last('parts')).state).toEqual((await last('straight')).state);
    expect((await last('parts')).progress.step).toBe(12);
  });

  it('ends like one with the larger batch, judged and chosen alike', async () => {
    inUse.engine = wholeOrt;
    const parts = await runIn('parts', everything);
    const whole = await runIn('whole', { ...everything, batch: 16, accumulate: 1 });
    expect(parts.steps).toBe(whole.steps);
    expect(parts.validation!.bound).toBeCloseTo(whole.validation!.bound!, 2);
    expect(parts.train.loss).toBeCloseTo(whole.train.loss!, 2);
  });

  it('may go on with its updates cut in another way, and not with updates of another size', async () => {
    inUse.engine = wholeOrt;
    await runIn('parts', everything, { steps: 3 });
    const more = await runIn('parts', { ...everything, batch: 8, accumulate: 2 }, { resume: true, steps: 4 });
    expect(more.steps).toBe(4);
    await expect(runIn('parts', { ...everything, accumulate: 2 }, { resume: true })).rejects.toMatchObject({
      code: 'bad-recipe',
      message: expect.stringContaining('"batch × accumulate" (8) is not what the run began with (16)'),
    });
  });
});

describe('a recipe', () => {
  it('refuses updates of more samples than a batch may have', () => {
    expect(() => parseRecipe({ ...tinyRecipe(), batch: 4096, accumulate: 17 }, 'mine.json')).toThrow(
      'mine.json: "batch" 4096 × "accumulate" 17 are 69632 samples in an update, expected at most 65536. ' +
        'Make one of them smaller.',
    );
  });
});
