import { existsSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { buildGraph } from '../../../graph/graph.js';
import { resolveShape } from '../../../graph/shape.js';
import { likelihoods } from '../../../likelihoods/index.js';
import { oneHot } from '../../../model/label.js';
import { objectives } from '../../../objectives/index.js';
import { exp, log } from '../../../ops/index.js';
import { buildPrograms, initialState } from '../../../programs.js';
import type { Recipe } from '../../../recipe/recipe.js';
import { inThreadOrt } from '../../../testing/in-thread-ort.js';
import { difference } from '../../../testing/numbers-of.js';
import { tinyFeeds } from '../../../testing/tiny-feeds.js';
import {
  conditional,
  everyLayer,
  largeDense,
  TINY_SHAPE,
  tinyRecipe,
} from '../../../testing/tiny-training.js';
import type { Compiled, Engine, Program, Results } from '../../engine.js';
import { referenceEngine } from '../../reference/index.js';
import { builtFile } from '../../thread/built-file.js';
import { planStep } from './plan.js';

const started = vi.hoisted(() => [] as Worker[]);
vi.mock('node:worker_threads', async (original) => {
  const module = await original<typeof import('node:worker_threads')>();
  class Recorded extends module.Worker {
    constructor(...parameters: ConstructorParameters<typeof module.Worker>) {
      super(...parameters);
      started.push(this);
    }
  }
  return { ...module, Worker: Recorded };
});

const memory = vi.hoisted(() => ({ isPlain: true }));
vi.mock('./plain-memory.js', async (original) => {
  const module = await original<typeof import('./plain-memory.js')>();
  return { ...module, canBePlain: () => memory.isPlain && module.canBePlain() };
});

const isBuilt = existsSync(builtFile('ort/parallel/member.js'));
const open: Compiled[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((compiled) => compiled.dispose()));
  started.length = 0;
  memory.isPlain = true;
});

async function start(engine: Engine, of: Recipe, threads = 1, change = (train: Program) => train) {
  const programs = buildPrograms(of, TINY_SHAPE, 2);
  const { evaluate, encode, decode } = programs;
  const all = { train: change(programs.train), evaluate, encode, decode };
  const compiled = await engine.compile(all, initialState(programs, of.seed), { threads });
  open.push(compiled);
  return compiled;
}

/** What the training steps say. */
async function train(compiled: Compiled, of: Recipe, { fromStep = 0, toStep = 20 } = {}): Promise<Results[]> {
  const found: Results[] = [];
  for (const feeds of await tinyFeeds(of, toStep, fromStep)) found.push(await compiled.run('train', feeds));
  return found;
}

/** Feeds of a whole batch, made of sines. */
function wholeBatch(of: Recipe): Record<string, Float32Array> {
  const { graph } = buildPrograms(of, TINY_SHAPE, 2).train;
  const made = graph.inputs
    .filter(({ role }) => role !== 'state')
    .map(({ name, role, shape }) => {
      const length = resolveShape(shape, of.batch).reduce((product, dim) => product * dim, 1);
      const at = { data: (i: number) => Math.sin(i) ** 2, noise: Math.cos, weight: () => 1 / of.batch };
      return [name, Float32Array.from({ length }, (_, i) => at[role as 'data']?.(i) ?? 0.01)];
    });
  return Object.fromEntries(made);
}

const block = { type: 'residual', layers: ['layerNorm', 'silu', { type: 'dense', units: 12 }] };
const normalisedDense = {
  latent: 2,
  encoder: ['flatten', { type: 'dense', units: 12 }, block, { type: 'groupNorm', groups: 3 }, 'tanh'],
  decoder: [{ type: 'dense', units: 12 }, block, { type: 'dense', units: 'data' as const }],
};

const convolutional = tinyRecipe({ model: everyLayer, objective: { type: 'elbo', kl: 'sampled' } });
const recipes: [string, Recipe][] = [
  ['every layer, dropout, sampled KL', convolutional],
  [
    'clipped, with momentum',
    tinyRecipe({
      model: everyLayer,
      optimizer: { type: 'sgd', learningRate: 0.01, momentum: 0.9, clipNorm: 1 },
    }),
  ],
  [
    'a capacity, adamW',
    tinyRecipe({
      model: everyLayer,
      objective: { type: 'betaVaeCapacity', gamma: 10 },
      optimizer: { type: 'adamW', learningRate: 0.01 },
    }),
  ],
  [
    'a learned variance',
    tinyRecipe({ model: everyLayer, likelihood: { type: 'gaussian', variance: 'learned' } }),
  ],
  ['averaged weights', tinyRecipe({ model: everyLayer, ema: 0.9 })],
  ['dense layers alone', tinyRecipe()],
  ['dense layers, a batch of halves', tinyRecipe({ batch: 65 })],
  ['conditional, every layer', tinyRecipe({ model: { ...everyLayer, conditional: true } })],
  ['conditional, a batch of halves', tinyRecipe({ model: conditional, batch: 65 })],
  ['dense layers, normalised, a batch of halves', tinyRecipe({ model: normalisedDense, batch: 65 })],
  ...Object.keys(likelihoods).map((type): [string, Recipe] => [
    type,
    tinyRecipe({ model: everyLayer, likelihood: type }),
  ]),
  ...Object.keys(objectives).map((type): [string, Recipe] => [
    type,
    tinyRecipe({ model: everyLayer, objective: type }),
  ]),
];

describe.skipIf(!isBuilt)('a step over several threads (needs a build of the trainer)', () => {
  const cases = recipes.flatMap(([title, of]) => [1, 2, 3].map((threads) => [title, threads, of] as const));

  it.each(cases)(
    'gives what the float64 reference gives over 20 steps: %s, threads %i',
    async (_, threads, of) => {
      const [ort, reference] = [await start(inThreadOrt, of, threads), await start(referenceEngine, of)];
      const [found, expected] = [await train(ort, of), await train(reference, of)];
      for (const [i, terms] of expected.entries()) {
        expect(Object.keys(found[i]).sort()).toEqual(Object.keys(terms).sort());
        for (const [term, [value]] of Object.entries(terms))
          expect(Math.abs(found[i][term][0] - value) / Math.max(1, Math.abs(value))).toBeLessThan(1e-3);
        expect(Math.abs(found[i].loss[0] / terms.loss[0] - 1)).toBeLessThan(1e-4);
      }
      const [state, judge] = [await ort.readState(), await reference.readState()];
      expect(Object.keys(state).sort()).toEqual(Object.keys(judge).sort());
      for (const [name, { shape, data }] of Object.entries(judge)) {
        expect(state[name].shape).toEqual(shape);
        // Adam divides by √v: where a gradient is all rounding, the direction is too.
        expect(difference(state[name].data, data)).toBeLessThan(0.02);
      }
      // What looks sees the weights as they are now.
      const x = () => ({
        x: Float32Array.from({ length: 3 * 64 }, (_, i) => (i % 3 === 0 ? 1 : 0)),
        ...(of.model.conditional && { label: oneHot([0, 1, 1], 2) }),
      });
      const [seen, wanted] = [await ort.run('encode', x()), await reference.run('encode', x())];
      expect(difference(seen.mean, wanted.mean)).toBeLessThan(1e-2);
    },
  );

  it.each([1, 2, 3])(
    'is bit-equal in a second run and after the state was written back: threads %i',
    async (threads) => {
      const [one, other] = [
        await start(inThreadOrt, convolutional, threads),
        await start(inThreadOrt, convolutional, threads),
      ];
      const first = await train(one, convolutional, { toStep: 5 });
      expect(await train(other, convolutional, { toStep: 5 })).toEqual(first);
      const after = await one.readState();
      expect(await other.readState()).toEqual(after);
      const rest = await train(one, convolutional, { fromStep: 5, toStep: 10 });
      const resumed = await start(inThreadOrt, convolutional, threads);
      await resumed.writeState(after);
      expect(await train(resumed, convolutional, { fromStep: 5, toStep: 10 })).toEqual(rest);
      expect(await resumed.readState()).toEqual(await one.readState());
    },
  );

  it('does not depend on the number of threads that micro-batches are dealt out to', async () => {
    const of = { ...convolutional, batch: 128 };
    const [one, two, four] = [
      await start(inThreadOrt, of, 1),
      await start(inThreadOrt, of, 2),
      await start(inThreadOrt, of, 4),
    ];
    const terms = await train(one, of, { toStep: 3 });
    expect(await train(two, of, { toStep: 3 })).toEqual(terms);
    expect(await train(four, of, { toStep: 3 })).toEqual(terms);
    expect(await four.readState()).toEqual(await one.readState());
  });

  it.each([
    // and the threads beside the leading one
    ['every layer', convolutional, [1, 1]],
    ['halves of a batch', tinyRecipe({ batch: 65 }), [1, 1]],
    // Without a memory for all, one session is left alone with the update.
    ['a large dense network', tinyRecipe({ model: largeDense }), [1, 0]],
  ])('computes the same bits whether memory is shown to the runtime or copied: %s', async (_, of, crews) => {
    const ran = async (isPlain: boolean, crew: number) => {
      started.length = 0;
      memory.isPlain = isPlain;
      const compiled = await start(inThreadOrt, of, 2);
      expect(started).toHaveLength(crew);
      return [await train(compiled, of, { toStep: 5 }), await compiled.readState()] as const;
    };
    const [[shown, state], [copied, expected]] = [await ran(true, crews[0]), await ran(false, crews[1])];
    expect(shown).toEqual(copied);
    // vitest compares large arrays slowly.
    for (const [name, { data }] of Object.entries(expected))
      expect(Buffer.from(state[name].data.buffer).equals(Buffer.from(data.buffer)), name).toBe(true);
  });

  it.each([
    // 32 micro-batches in 16 places
    ['many micro-batches', 1, { ...convolutional, batch: 1024 }],
    ['many micro-batches', 2, { ...convolutional, batch: 1024 }],
    ['halves of a large dense network', 2, tinyRecipe({ model: largeDense, batch: 129 })],
    ['halves of a large dense network', 3, tinyRecipe({ model: largeDense, batch: 129 })],
  ])('gives what the undivided step gives: %s, threads %i', async (_, threads, of) => {
    const whole = (program: Program) => ({ ...program, parts: undefined });
    const [divided, undivided] = [
      await start(inThreadOrt, of, threads),
      await start(inThreadOrt, of, 1, whole),
    ];
    const feeds = () => wholeBatch(of);
    for (let step = 0; step < 3; step++) {
      const [found, expected] = [await divided.run('train', feeds()), await undivided.run('train', feeds())];
      for (const [term, [value]] of Object.entries(expected))
        expect(Math.abs(found[term][0] / value - 1)).toBeLessThan(1e-4);
    }
  });

  it('refuses feeds of a wrong length and goes on', async () => {
    const ort = await start(inThreadOrt, convolutional, 2);
    await expect(ort.run('train', { x: new Float32Array(3) })).rejects.toMatchObject({
      name: 'TrainerError',
      code: 'engine-failed',
      message: 'The program "train" takes 512 numbers for "x", got 3.',
    });
    expect(await train(ort, convolutional, { toStep: 1 })).toHaveLength(1);
  });

  it('says that a thread is no more, then and later, and does not wait for it', async () => {
    const ort = await start(inThreadOrt, convolutional, 3);
    await train(ort, convolutional, { toStep: 2 });
    await started[1].terminate();
    const gone = {
      name: 'TrainerError',
      code: 'engine-failed',
      message: 'A thread of the engine ended (exit code 1).',
    };
    await expect(train(ort, convolutional, { toStep: 1 })).rejects.toMatchObject(gone);
    await expect(train(ort, convolutional, { toStep: 1 })).rejects.toMatchObject(gone);
    await expect(ort.readState()).rejects.toMatchObject(gone);
  });

  it('ends all its threads', async () => {
    const [one, other] = [
      await start(inThreadOrt, convolutional, 3),
      await start(inThreadOrt, convolutional, 2),
    ];
    expect(started.filter(({ threadId }) => threadId > 0)).toHaveLength(3);
    await one.dispose();
    expect(started.filter(({ threadId }) => threadId > 0)).toHaveLength(1);
    expect(await train(other, convolutional, { toStep: 1 })).toHaveLength(1);
    await other.dispose();
    expect(started.filter(({ threadId }) => threadId > 0)).toHaveLength(0);
  });
});

describe('a step that cannot be divided', () => {
  /** The same update through a logarithm, which WebAssembly has no instruction for. */
  const throughLogarithm = (program: Program): Program => {
    const through = (graph: Program['graph']) => {
      const outputs = [...graph.outputs].map(([name, value]) => {
        const isMoved = name === 'gradientNorm' || name.startsWith('adam.square');
        return [name, isMoved ? exp(log(value)) : value] as const;
      });
      return buildGraph(graph.name, Object.fromEntries(outputs), graph.inputs);
    };
    const parts = program.parts!;
    return { ...program, graph: through(program.graph), parts: { ...parts, update: through(parts.update) } };
  };

  it('runs as one graph where the update has an operator that is not compiled', async () => {
    const state = initialState(buildPrograms(convolutional, TINY_SHAPE), 0);
    const program = throughLogarithm(buildPrograms(convolutional, TINY_SHAPE).train);
    expect(planStep('train', program, state, { threads: 1, plain: true })).toBeUndefined();
    const [ort, reference] = [
      await start(inThreadOrt, convolutional, 2, throughLogarithm),
      await start(referenceEngine, convolutional, 1, throughLogarithm),
    ];
    const [found, expected] = [await train(ort, convolutional), await train(reference, convolutional)];
    for (const [i, { loss }] of expected.entries())
      expect(Math.abs(found[i].loss[0] / loss[0] - 1)).toBeLessThan(1e-4);
    expect(started).toHaveLength(0);
  });

  it('has all samples in one run where the objective couples them', () => {
    const planOf = (objective: string) => {
      const programs = buildPrograms(tinyRecipe({ model: everyLayer, objective }), TINY_SHAPE);
      return planStep('train', programs.train, initialState(programs, 0), { threads: 2, plain: true });
    };
    const { batch } = convolutional;
    expect(planOf('elbo')).toMatchObject({ sessions: 2, threads: 1, runs: 2, rows: batch / 2 });
    expect(planOf('dipVae')).toMatchObject({ sessions: 1, threads: 2, runs: 1, rows: batch });
  });
});
