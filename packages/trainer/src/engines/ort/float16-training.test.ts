import { loadRuntime } from '@vae/sdk/runtime';
import { describe, expect, it } from 'vitest';
import { nextName } from '../../optimizers/update.js';
import { buildPrograms, initialState } from '../../programs.js';
import type { Recipe, RecipeInput } from '../../recipe/recipe.js';
import { cudaTarget } from '../../targets/cuda.js';
import { exportTarget } from '../../targets/export.js';
import { keepHalves } from '../../testing/keep-halves.js';
import { tinyFeeds } from '../../testing/tiny-feeds.js';
import { everyLayer, TINY_SHAPE, tinyRecipe } from '../../testing/tiny-training.js';
import type { Feeds, Program, Results, State } from '../engine.js';
import { cuda } from './devices/cuda.js';
import { OrtPrograms } from './ort-programs.js';
import { splitResults, stackFeeds, toScannedProgram } from './several-steps.js';
import { toOrtProgram } from './to-program.js';

// The step that a GPU would run, on the CPU, with its products rounded to float16 as there.

const STEPS = 20;
const SCALE = 'lossScale';

const feedsOf = (recipe: Recipe) => tinyFeeds(recipe, STEPS);

/** A step alone, as for WebGPU, and several steps in one graph, as for CUDA. */
const forms = {
  'single steps': (program: Program, state: State) => toOrtProgram(program, state, keepHalves(exportTarget)),
  'many steps in one run': (program: Program, state: State) =>
    toScannedProgram(program, state, keepHalves(cudaTarget)),
};
type Form = keyof typeof forms;

interface Start {
  readonly form?: Form;
  readonly changes?: State;
}

/** A recipe's training step, on the CPU. */
async function open(recipe: Recipe, { form = 'many steps in one run', changes = {} }: Start = {}) {
  const programs = buildPrograms(recipe, TINY_SHAPE, 2);
  const state = { ...initialState(programs, recipe.seed), ...changes };
  const runtime = await loadRuntime({ device: 'cpu' });
  const train = forms[form](programs.train, state);
  const opened = await OrtPrograms.open(runtime, { programs: { train }, state, threads: 1 });
  const update = async (feeds: readonly Feeds[]): Promise<Results[]> => {
    const own = copies(feeds);
    if (form === 'many steps in one run')
      return splitResults(await opened.run('train', stackFeeds(own)), feeds.length);
    const results: Results[] = [];
    for (const one of own) results.push(await opened.run('train', one));
    return results;
  };
  return { update, readState: () => opened.readState(), dispose: () => opened.dispose() };
}

const copies = (feeds: readonly Feeds[]): Feeds[] =>
  feeds.map((one) => Object.fromEntries(Object.entries(one).map(([name, data]) => [name, data.slice()])));

const scaleOf = (value: number): State => ({ [SCALE]: { data: Float32Array.of(value), shape: [] } });
const numbers = (state: State) =>
  Object.fromEntries(Object.entries(state).map(([name, { data }]) => [name, [...data]]));

const recipes: [string, Partial<RecipeInput>][] = [
  ['dense layers', {}],
  ['every layer', { model: everyLayer }],
  ['conditional, every layer', { model: { ...everyLayer, conditional: true } }],
  ['AdamW, clipped, averaged', { optimizer: { type: 'adamW', learningRate: 0.01, clipNorm: 5 }, ema: 0.9 }],
  ['momentum', { optimizer: { type: 'sgd', learningRate: 0.01, momentum: 0.9 } }],
];

describe.each(Object.keys(forms) as Form[])('training with products in float16, %s', (form) => {
  it.each(recipes)('has the losses of float32 within a hundredth: %s', async (_, changes) => {
    const feeds = await feedsOf(tinyRecipe(changes));
    const terms: Results[][] = [];
    for (const precision of ['float32', 'float16'] as const) {
      const opened = await open(tinyRecipe({ ...changes, precision }), { form });
      terms.push(await opened.update(feeds));
      await opened.dispose();
    }
    const [wide, narrow] = terms.map((steps) => steps.map(({ loss }) => loss[0]));
    expect(narrow).toHaveLength(STEPS);
    const differences = narrow.map((loss, i) => Math.abs(loss / wide[i] - 1));
    expect(Math.max(...differences)).toBeLessThan(1e-2);
    // It was not computed in float32, and it learns.
    expect(Math.max(...differences)).toBeGreaterThan(1e-7);
    expect(Math.abs(narrow[STEPS - 1] / narrow[0] - 1)).toBeGreaterThan(0.01);
    expect(Object.keys(terms[1][0]).sort()).toEqual(Object.keys(terms[0][0]).sort());
    for (const [i, { gradientNorm }] of terms[1].entries())
      expect(Math.abs(gradientNorm[0] / terms[0][i].gradientNorm[0] - 1)).toBeLessThan(0.05);
  });
});

describe('a step whose gradients overflow', () => {
  const recipe = tinyRecipe({ precision: 'float16', ema: 0.9 });

  it('leaves weights and moments as they were and halves the scale', async () => {
    const opened = await open(recipe, { changes: scaleOf(2 ** 40) });
    const before = numbers(opened.readState());
    const [first, ...others] = await feedsOf(recipe);
    const [{ loss, gradientNorm }] = await opened.update([first]);
    expect(numbers(opened.readState())).toEqual({ ...before, [SCALE]: [2 ** 39] });
    expect([Number.isFinite(loss[0]), gradientNorm[0]]).toEqual([true, 0]);
    // It goes on by itself once the scale is small enough.
    const rest = await opened.update([...others, ...others]);
    const isSkipped = rest.map(({ gradientNorm }) => gradientNorm[0] === 0);
    const skipped = isSkipped.filter(Boolean).length;
    const after = numbers(opened.readState());
    expect(after[SCALE]).toEqual([2 ** (39 - skipped)]);
    expect(skipped).toBeGreaterThan(5);
    expect(skipped).toBeLessThan(rest.length - 5);
    expect(after['lossScale.goodSteps']).toEqual([rest.length - 1 - isSkipped.lastIndexOf(true)]);
    expect(Object.values(after).flat().every(Number.isFinite)).toBe(true);
    await opened.dispose();
  });

  it('ends with a loss that is no number where no scale is small enough', async () => {
    const weight = 'encoder.1-dense.weight';
    const { shape } = initialState(buildPrograms(recipe, TINY_SHAPE), 0)[weight];
    const data = new Float32Array(shape.reduce((size, dim) => size * dim, 1)).fill(1e38);
    const opened = await open(recipe, { changes: { [weight]: { data, shape } } });
    const [{ loss }] = await opened.update((await feedsOf(recipe)).slice(0, 1));
    expect(loss[0]).toBeNaN();
    await opened.dispose();
  });
});

describe('training that stops and goes on', () => {
  it('gives the bits of one that did not stop, also in the middle of skipped steps', async () => {
    const recipe = tinyRecipe({ precision: 'float16' });
    const feeds = await feedsOf(recipe);
    const start = { changes: scaleOf(2 ** 26) };
    const whole = await open(recipe, start);
    const expected = await whole.update(feeds);
    const one = await open(recipe, start);
    const found = await one.update(feeds.slice(0, 3));
    const two = await open(recipe, { changes: one.readState() });
    found.push(...(await two.update(feeds.slice(3))));
    expect(found).toEqual(expected);
    expect(two.readState()).toEqual(whole.readState());
    expect(found.slice(0, 3).map(({ gradientNorm }) => gradientNorm[0])).toEqual([0, 0, 0]);
    expect(found[STEPS - 1].gradientNorm[0]).toBeGreaterThan(0);
    for (const opened of [whole, one, two]) await opened.dispose();
  });
});

it('float32, the default, changes no byte of a training step', () => {
  const prepared = ([undefined, 'float32', 'float16'] as const).map((precision) => {
    const programs = buildPrograms(tinyRecipe({ model: everyLayer, precision }), TINY_SHAPE);
    const { train } = cuda.prepare({ train: programs.train }, initialState(programs, 0), 1).programs;
    return train;
  });
  expect(prepared[1]).toEqual(prepared[0]);
  expect(prepared[2].bytes).not.toEqual(prepared[0].bytes);
  const scale = [SCALE, 'lossScale.goodSteps'];
  expect(prepared[2].updates).toEqual([
    ...prepared[0].updates,
    ...scale.map((name) => [name, nextName(name)]),
  ]);
});
