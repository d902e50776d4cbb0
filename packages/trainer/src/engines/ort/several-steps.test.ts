import { loadRuntime } from '@vae/sdk/runtime';
import { describe, expect, it } from 'vitest';
import { buildGraph } from '../../graph/graph.js';
import { input } from '../../graph/value.js';
import { oneHot } from '../../model/label.js';
import { objectives } from '../../objectives/index.js';
import { writeOnnx } from '../../onnx/writer.js';
import { add, mul, sumAll } from '../../ops/index.js';
import { buildPrograms, initialState } from '../../programs.js';
import type { Recipe } from '../../recipe/recipe.js';
import { exportTarget } from '../../targets/export.js';
import { lower } from '../../targets/lower.js';
import { tinyFeeds } from '../../testing/tiny-feeds.js';
import { conditional, everyLayer, TINY_SHAPE, tinyRecipe } from '../../testing/tiny-training.js';
import type { Results, State } from '../engine.js';
import { cuda } from './devices/cuda.js';
import type { DevicePrograms } from './devices/device.js';
import { whole } from './devices/whole.js';
import { scanSteps, splitResults, stackFeeds, stepsPerRun } from './several-steps.js';

// What is written for CUDA also runs on the CPU, and must give there what single steps give.

async function open(recipe: Recipe) {
  const programs = buildPrograms(recipe, TINY_SHAPE, 2);
  const { train, encode } = programs;
  const runtime = await loadRuntime({ device: 'cpu' });
  const start = (device: typeof cuda): Promise<DevicePrograms> =>
    device.open(runtime, device.prepare({ train, encode }, initialState(programs, recipe.seed), 1));
  return { grouped: await start(cuda), single: await start(whole) };
}

const numbers = (state: State): Record<string, number[]> =>
  Object.fromEntries(Object.entries(state).map(([name, { data }]) => [name, [...data]]));

function expectClose(found: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(found).toHaveLength(expected.length);
  for (let i = 0; i < expected.length; i++)
    expect(Math.abs(found[i] - expected[i])).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(expected[i])));
}

describe('several steps in one run', () => {
  const recipes: [string, Recipe][] = [
    [
      'every layer, sampled KL',
      tinyRecipe({ model: everyLayer, objective: { type: 'elbo', kl: 'sampled' } }),
    ],
    [
      'a capacity, a rate that changes, averaged weights',
      tinyRecipe({
        objective: { type: 'betaVaeCapacity', gamma: 10 },
        optimizer: {
          type: 'adamW',
          learningRate: { type: 'cosine', from: 0.01, to: 0.001, steps: 10 },
          clipNorm: 1,
        },
        ema: 0.9,
      }),
    ],
    ['momentum', tinyRecipe({ optimizer: { type: 'sgd', learningRate: 0.01, momentum: 0.9 } })],
    ['a learned variance', tinyRecipe({ likelihood: { type: 'gaussian', variance: 'learned' } })],
    ...Object.keys(objectives).map((type): [string, Recipe] => [type, tinyRecipe({ objective: type })]),
    ['a conditional model', tinyRecipe({ model: conditional })],
  ];

  it.each(recipes)('give terms and state of single steps: %s', async (_, recipe) => {
    const { grouped, single } = await open(recipe);
    // Groups of 5, 1 and 6 steps; a short batch is the last of the second and of the third.
    const feeds = await tinyFeeds(recipe, 12);
    const expected: Results[] = [];
    for (const one of feeds) expected.push(await single.run('train', one));
    const found = [
      ...(await grouped.runSteps!('train', feeds.slice(0, 5))),
      await grouped.run('train', feeds[5]),
      ...(await grouped.runSteps!('train', feeds.slice(6))),
    ];
    found.forEach((terms, i) => {
      expect(Object.keys(terms).sort()).toEqual(Object.keys(expected[i]).sort());
      for (const [name, values] of Object.entries(terms)) expectClose(values, expected[i][name]);
    });
    const [after, wanted] = [numbers(await grouped.readState()), numbers(await single.readState())];
    for (const [name, values] of Object.entries(wanted)) expectClose(after[name], values);
    // It learns: what is compared is no standstill.
    expect(Math.abs(expected[11].loss[0] / expected[0].loss[0] - 1)).toBeGreaterThan(0.01);
    const x = () => ({
      x: new Float32Array(128).fill(0.25),
      ...(recipe.model.conditional && { label: oneHot([0, 1], 2) }),
    });
    expectClose((await grouped.run('encode', x())).mean, (await single.run('encode', x())).mean);
    await Promise.all([grouped.dispose(), single.dispose()]);
  });

  it('count how many are worth it', () => {
    const { train } = buildPrograms(tinyRecipe(), TINY_SHAPE);
    const state = initialState(buildPrograms(tinyRecipe(), TINY_SHAPE), 0);
    // 64·12+12 + 2·(12·2+2) + 2·12+12 + 12·64+64 weights, each with two moments, and Adam's step: well below 1 MiB.
    expect(cuda.prepare({ train }, state, 1).several).toEqual({ names: ['train'], size: 8 });
    const prepared = cuda.prepare({ encode: buildPrograms(tinyRecipe(), TINY_SHAPE).encode }, state, 1);
    expect(prepared.several).toBeUndefined();
  });
});

describe('the Scan node', () => {
  // w ← w · a + b, and what is told is w · a
  const [w, a, b] = [input('w', 'state', [2], ''), input('a', 'data', [2], ''), input('b', 'state', [2], '')];
  const product = mul(w, a);
  const graph = buildGraph('toy', { total: sumAll(product), 'w.next': add(product, b) });
  const shapes = { w: { shape: [2] }, b: { shape: [2] } };
  const model = scanSteps(lower(graph, exportTarget), new Map([['w', 'w.next']]), shapes);

  it('is the only node; state passes, feeds and terms are stacked, constants are seen from inside', async () => {
    expect(model.nodes.map(({ op }) => op)).toEqual(['Scan']);
    const { ort } = await loadRuntime({ device: 'cpu' });
    const session = await ort.InferenceSession.create(writeOnnx(model));
    const tensor = (data: number[], dims: number[]) =>
      new ort.Tensor('float32', Float32Array.from(data), dims);
    const results = await session.run({
      w: tensor([1, 2], [2]),
      b: tensor([1, -1], [2]),
      a: tensor([1, 1, 2, 0, 3, 10], [3, 2]),
    });
    // [1, 2] → [1, 2] + b = [2, 1] → [4, 0] + b = [5, -1] → [15, -10] + b = [16, -11]
    expect([...(results.total.data as Float32Array)]).toEqual([3, 4, 5]);
    expect([...(results['w.next'].data as Float32Array)]).toEqual([16, -11]);
    await session.release();
  });

  it('uses no name twice, not even inside', () => {
    const { body } = model.nodes[0].attributes as { body: { graph: typeof model } };
    const outer = [...model.inputs, ...model.outputs].map(({ name }) => name);
    const made = body.graph.nodes.flatMap(({ outputs }) => outputs);
    const inner = [...body.graph.inputs.map(({ name }) => name), ...made];
    expect(new Set([...outer, ...inner]).size).toBe(outer.length + inner.length);
  });
});

it('feeds become rows, and rows results', () => {
  const rows = stackFeeds([
    { x: Float32Array.of(1, 2), s: Float32Array.of(5) },
    { x: Float32Array.of(3, 4), s: Float32Array.of(6) },
  ]);
  expect(rows).toEqual({ x: Float32Array.of(1, 2, 3, 4), s: Float32Array.of(5, 6) });
  expect(splitResults({ loss: Float32Array.of(7, 8) }, 2)).toEqual([
    { loss: Float32Array.of(7) },
    { loss: Float32Array.of(8) },
  ]);
});

it.each([
  // 256 KiB of state traffic for each step, at least 8 and at most 128 steps
  [{ stateBytes: 2 ** 20, feedBytes: 100 }, 8],
  [{ stateBytes: 2 ** 23, feedBytes: 100 }, 64],
  [{ stateBytes: 2 ** 23 + 1, feedBytes: 100 }, 65],
  [{ stateBytes: 2 ** 30, feedBytes: 100 }, 128],
  // 64 MiB of feeds
  [{ stateBytes: 2 ** 30, feedBytes: 2 ** 24 }, 4],
  [{ stateBytes: 2 ** 10, feedBytes: 2 ** 27 }, 1],
])('%j is worth %i steps in a run', (sizes, steps) => {
  expect(stepsPerRun(sizes)).toBe(steps);
});
