import { readdirSync, readFileSync } from 'node:fs';
import { normal, uniform } from '@vae/sdk/random';
import { describe, expect, it } from 'vitest';
import { buildGraph } from '../../graph/graph.js';
import { resolveShape } from '../../graph/shape.js';
import { gradientName } from '../../graph/value.js';
import { buildPrograms, initialState } from '../../programs.js';
import { parseRecipe } from '../../recipe/recipe.js';
import { inThreadOrt } from '../../testing/in-thread-ort.js';
import { describeBackends, inThreadTfjs, type Only } from '../../testing/tfjs-backends.js';
import type { Engine, Program, Results } from '../engine.js';
import { referenceEngine } from '../reference/index.js';

const TOLERANCE = 1e-4;
const BATCH = 2;
const CLASSES = 10;
const folder = new URL('../../../../../models/', import.meta.url);
const names = readdirSync(folder).filter((name) =>
  readdirSync(new URL(`${name}/`, folder)).includes('recipe.json'),
);

/** MNIST's shape, or the one that the name of the data says: digits:64x64x3. */
function dataShapeOf(source: string): number[] {
  const [height = 28, width = 28, channels = 1] = (source.split(':')[1] ?? '')
    .split('x')
    .filter(Boolean)
    .map(Number);
  return [channels, height, width];
}

function setUp(name: string) {
  const recipe = parseRecipe(JSON.parse(readFileSync(new URL(`${name}/recipe.json`, folder), 'utf8')), name);
  const programs = buildPrograms({ ...recipe, batch: BATCH }, dataShapeOf(recipe.data.source), CLASSES);
  return { programs, state: initialState(programs, 1) };
}

/** The same data and noise for every engine. */
function feed({ inputs }: Program['graph'], { train }: ReturnType<typeof setUp>['programs']) {
  const fed = inputs.filter(({ role }) => role !== 'state' && role !== 'gradient');
  const entries = fed.map(({ name, role, shape }) => {
    const size = resolveShape(shape, BATCH).reduce((product, dim) => product * dim, 1);
    const key = { seed: 5, stream: name };
    if (role === 'weight') return [name, new Float32Array(size).fill(1 / BATCH)];
    if (role === 'scalar') return [name, Float32Array.of(train.scalars.get(name)!.schedule(0))];
    const source = train.noises.get(name)?.source;
    if (source?.kind === 'normal') return [name, normal(key, size)];
    const keep = source?.kind === 'mask' ? source.keep : 0.3;
    return [name, uniform(key, size).map((u) => (u < keep ? (source ? 1 / keep : 1) : 0))];
  });
  return Object.fromEntries(entries) as Record<string, Float32Array>;
}

/** Loss, terms and gradients of one step, as our rules write them down. */
async function ours(engine: Engine, { programs, state }: ReturnType<typeof setUp>): Promise<Results> {
  const { gradients } = programs.train.parts!;
  const program = { graph: gradients, updates: new Map<string, string>(), batch: BATCH };
  const compiled = await engine.compile({ program }, state);
  const results = await compiled.run('program', feed(gradients, programs));
  await compiled.dispose();
  return results;
}

/** The same by an engine that differentiates the forward graph itself: the update hands the gradients out. */
async function theirs(engine: Engine, { programs, state }: ReturnType<typeof setUp>): Promise<Results> {
  const { graph, parts } = programs.train;
  const received = parts!.update.inputs.filter(({ role }) => role === 'gradient');
  const update = buildGraph('update', Object.fromEntries(received.map((value) => [value.name, value])));
  const program = { graph, updates: new Map<string, string>(), batch: BATCH, parts: { ...parts!, update } };
  const compiled = await engine.compile({ program }, state);
  const results = await compiled.run('program', feed(parts!.forward, programs));
  await compiled.dispose();
  return results;
}

const largest = (values: Float32Array): number =>
  values.reduce((found, value) => Math.max(found, Math.abs(value)), 0);

/** Differences relative to the largest number of each result. */
function expectSame(found: Results, expected: Results): void {
  expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, values] of Object.entries(expected)) {
    expect(found[name]).toHaveLength(values.length);
    const difference = largest(values.map((value, i) => value - found[name][i]));
    expect(difference / largest(values), name).toBeLessThan(TOLERANCE);
  }
}

const expected = new Map<string, Promise<Results>>();
/** By the float64 reference, which is slow: once for each recipe. */
function reference(name: string): Promise<Results> {
  if (!expected.has(name)) expected.set(name, ours(referenceEngine, setUp(name)));
  return expected.get(name)!;
}

describe('the gradient of one step of every recipe: ONNX Runtime', () => {
  it.each(names)('is that of the reference: %s', { timeout: 300_000 }, async (name) => {
    const { parameters } = setUp(name).programs.train.parts!;
    const results = await reference(name);
    expect(Object.keys(results)).toEqual(expect.arrayContaining(['loss', ...parameters.map(gradientName)]));
    expectSame(await ours(inThreadOrt, setUp(name)), results);
  });
});

const parametersOf = ({ programs, state }: ReturnType<typeof setUp>): number =>
  [...programs.parameters.keys()].reduce((sum, name) => sum + state[name].data.length, 0);
const convolves = ({ programs }: ReturnType<typeof setUp>): boolean =>
  programs.train.parts!.forward.nodes.some(({ op }) => op.name === 'Conv');

/** Where large networks take minutes, they are left to the long tests. */
const isQuick: Record<Only, (name: string) => boolean> = {
  native: () => true,
  wasm: (name) => parametersOf(setUp(name)) < 1e6,
  cpu: (name) => !convolves(setUp(name)),
};

describeBackends('the gradient of one step of every recipe', (only) => {
  const chosen = names.filter((name) => process.env.VAE_TEST_LONG === '1' || isQuick[only](name));
  it.each(chosen)('is that of the reference: %s', { timeout: 300_000 }, async (name) => {
    expectSame(await theirs(inThreadTfjs(only), setUp(name)), await reference(name));
  });
});
