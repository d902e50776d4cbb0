import { uniform } from '@vae/sdk/random';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { create, specSchema } from '../../choice.js';
import { Update } from '../../engines/ort/parallel/update.js';
import { evaluate } from '../../engines/reference/index.js';
import { buildGraph, type Graph } from '../../graph/graph.js';
import { gradientName, type Input, input, type Value } from '../../graph/value.js';
import {
  abs,
  add,
  div,
  exp,
  leakyRelu,
  matMul,
  max,
  min,
  mul,
  neg,
  relu,
  reshape,
  sqrt,
  square,
  step,
  sub,
  sumAll,
} from '../../ops/index.js';
import { clipByNorm, finiteNorm, globalNorm } from '../../optimizers/clip.js';
import { optimizers } from '../../optimizers/index.js';
import { difference } from '../../testing/numbers-of.js';
import { compileUpdate } from './compile-update.js';
import type { UpdatePlan } from './update-plan.js';

type Numbers = Record<string, ArrayLike<number>>;

const draw = (stream: string, count: number, step = 0): Float32Array =>
  Float32Array.from(uniform({ seed: 7, stream, step }, count), (u) => 2 * u - 1);

const state = (name: string, shape: readonly number[] = []): Input => input(name, 'state', shape, '');
const gradient = (name: string, shape: readonly number[]): Input =>
  input(gradientName(name), 'gradient', shape, '');
const rate = input('rate', 'scalar', [], '');

/** Every state input `name` is replaced by the output `name.next`. */
const updatesOf = (graph: Graph): Map<string, string> =>
  new Map(
    [...graph.outputs.keys()]
      .filter((name) => name.endsWith('.next'))
      .map((name) => [name.slice(0, -5), name]),
  );

interface Compiled {
  readonly plan: UpdatePlan;
  readonly threads: readonly Update[];
  readonly memory: WebAssembly.Memory;
  readonly scalars: Map<string, number>;
}

function compile(graph: Graph, { parts = 1, threads = 1, shared = false } = {}): Compiled {
  const plan = compileUpdate(graph, { updates: updatesOf(graph), parts, shared })!;
  const pages = Math.ceil((plan.bytes + Update.workBytes(plan, threads)) / 65_536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
  const members = Array.from(
    { length: threads },
    (_, index) => new Update(plan, memory, plan.bytes, { index, count: threads }),
  );
  return { plan, threads: members, memory, scalars: new Map() };
}

const arrayAt = ({ plan, memory }: Compiled, name: string, part = 0): Float32Array => {
  const { offset, length } = plan.places.get(name)!;
  return new Float32Array(memory.buffer, offset + part * plan.stride, length);
};

/** One update; the state goes on where the last one left it. */
function update(compiled: Compiled, feeds: Numbers): Map<string, number> {
  const { plan, threads, scalars } = compiled;
  for (const thread of threads) thread.begin((name) => feeds[name]?.[0] ?? scalars.get(name) ?? 0);
  for (let level = 0; level < threads[0].levels; level++) for (const thread of threads) thread.level(level);
  const results = threads[0].results();
  for (const [, name] of plan.scalarInputs)
    if (results.has(`${name}.next`)) scalars.set(name, Math.fround(results.get(`${name}.next`)!));
  return results;
}

/** The same updates in float64. */
function reference(graph: Graph, start: Numbers) {
  const held: Numbers = { ...start };
  return {
    held,
    update: (feeds: Numbers): Record<string, ArrayLike<number>> => {
      const results = evaluate(graph, { ...held, ...feeds }, 1);
      for (const [name, output] of updatesOf(graph)) held[name] = results[output].data;
      return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data]));
    },
  };
}

describe('elementwise graphs', () => {
  const unary = [neg, abs, relu, step, (x: Value) => sqrt(abs(x)), (x: Value) => leakyRelu(x, -0.3)];
  const binary = [add, sub, mul, max, min, (a: Value, b: Value) => div(a, add(1, abs(b)))];

  /** A graph of random operators over three arrays and two numbers. */
  function randomGraph(seed: number): Graph {
    const length = 1 + Math.floor(uniform({ seed, stream: 'length' }, 1)[0] * 40);
    const arrays = ['a', 'b', 'c'].map((name) => state(name, [length]));
    const values: Value[] = [...arrays, rate, state('s')];
    const choices = [...uniform({ seed, stream: 'choices' }, 60)];
    const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(choices.pop()! * items.length)];
    for (let i = 0; i < 12; i++) {
      const [x, y] = [pick(values), pick(values)];
      values.push(choices.pop()! < 0.4 ? pick(unary)(x) : pick(binary)(x, y));
    }
    const mix = (from: number): Value =>
      [...arrays, ...values.slice(from)].reduce((sum, value) => add(sum, value));
    return buildGraph('random', {
      'a.next': mix(5),
      'b.next': mix(8),
      'c.next': mix(11),
      total: sumAll(mix(5)),
    });
  }

  it.each([...Array(40).keys()])('gives what the reference gives: graph %i', (seed) => {
    const graph = randomGraph(seed);
    const compiled = compile(graph);
    const start: Numbers = { rate: [0.3], s: [-0.7] };
    for (const name of ['a', 'b', 'c']) {
      start[name] = draw(name, compiled.plan.places.get(name)!.length, seed);
      arrayAt(compiled, name).set(start[name]);
    }
    const expected = reference(graph, start).update(start);
    const found = update(compiled, start);
    for (const name of ['a', 'b', 'c'])
      expect(difference(arrayAt(compiled, name), expected[`${name}.next`])).toBeLessThan(2e-5);
    expect(difference([found.get('total')!], expected.total)).toBeLessThan(2e-5);
  });
});

describe('sums', () => {
  const [w, g] = [state('w', [50_001]), gradient('w', [50_001])];

  it('between passes reach the arrays, and their padding counts for nothing', () => {
    // Normalised by a norm that itself needs a sum of squares: three passes
    const mean = div(sumAll(g), 50_001);
    const deviation = sqrt(sumAll(square(sub(g, mean))));
    const graph = buildGraph('normalised', { 'w.next': sub(w, div(sub(g, mean), deviation)), deviation });
    const compiled = compile(graph, { parts: 3, threads: 2, shared: true });
    expect(compiled.threads[0].levels).toBe(4);
    const parts = [0, 1, 2].map((part) => draw('g', 50_001, part));
    for (const [part, values] of parts.entries()) arrayAt(compiled, gradientName('w'), part).set(values);
    const total = parts[0].map((_, i) => parts[0][i] + parts[1][i] + parts[2][i]);
    const expected = reference(graph, { w: new Float32Array(50_001) }).update({ [gradientName('w')]: total });
    const found = update(compiled, {});
    expect(difference(arrayAt(compiled, 'w'), expected['w.next'])).toBeLessThan(1e-6);
    expect(Math.abs(found.get('deviation')! / expected.deviation[0] - 1)).toBeLessThan(1e-6);
  });

  it('are the same to the last bit for every number of threads', () => {
    const graph = buildGraph('norm', { 'w.next': mul(w, sumAll(square(g))), norm: globalNorm([g]) });
    const results = [1, 2, 3, 7].map((threads) => {
      const compiled = compile(graph, { threads });
      arrayAt(compiled, 'w').set(draw('w', 50_001));
      arrayAt(compiled, gradientName('w')).set(draw('g', 50_001));
      return [update(compiled, {}).get('norm')!, ...arrayAt(compiled, 'w')];
    });
    for (const result of results.slice(1)) expect(result).toEqual(results[0]);
  });
});

describe('every optimiser', () => {
  const shapes: Record<string, readonly number[]> = { w: [33, 17], b: [17], one: [1] };
  const specs = Object.keys(optimizers).flatMap((type) => [
    [type, { type }, undefined],
    [`${type}, clipped`, { type }, 0.5],
  ]) as [string, { type: string }, number | undefined][];
  specs.push(['sgd with momentum', { type: 'sgd', momentum: 0.9 } as { type: string }, 0.5]);

  function updateGraph(spec: { type: string }, clipNorm: number | undefined): Graph {
    const names = Object.keys(shapes);
    const gradients = names.map((name) => gradient(name, shapes[name]));
    const norm = clipNorm === undefined ? globalNorm(gradients) : finiteNorm(gradients);
    const clipped = clipNorm === undefined ? gradients : clipByNorm(gradients, norm, clipNorm);
    const outputs: Record<string, Value> = { gradientNorm: norm };
    const items = names.map((name, i) => ({
      name,
      parameter: state(name, shapes[name]),
      gradient: clipped[i],
      shape: shapes[name],
    }));
    const slot = (name: string, shape: readonly number[], next: (previous: Value) => Value): Value => {
      outputs[`${name}.next`] = next(state(name, shape));
      return outputs[`${name}.next`];
    };
    create(optimizers, v.parse(specSchema(optimizers), spec))(items, rate, slot).forEach((value, i) => {
      outputs[`${names[i]}.next`] = value;
    });
    return buildGraph('update', outputs);
  }

  it.each(specs)('gives what the reference gives over 20 updates: %s', (_, spec, clipNorm) => {
    const graph = updateGraph(spec, clipNorm);
    const compiled = compile(graph, { parts: 2, threads: 2, shared: true });
    const start: Numbers = {};
    for (const { name, role, shape } of graph.inputs)
      if (role === 'state') {
        const length = (shape as number[]).reduce((size, dim) => size * dim, 1);
        start[name] = name in shapes ? draw(name, length) : new Float32Array(length);
        if (shape.length > 0) arrayAt(compiled, name).set(start[name]);
      }
    const judge = reference(graph, start);
    for (let step = 0; step < 20; step++) {
      const feeds: Numbers = { rate: [0.01] };
      for (const name of Object.keys(shapes)) {
        const key = gradientName(name);
        const parts = [0, 1].map((part) => draw(`${name}/${part}`, arrayAt(compiled, key).length, step));
        for (const [part, values] of parts.entries()) arrayAt(compiled, key, part).set(values);
        feeds[key] = Float64Array.from(parts[0], (value, i) => value + parts[1][i]);
      }
      const [found, expected] = [update(compiled, feeds), judge.update(feeds)];
      expect(Math.abs(found.get('gradientNorm')! / expected.gradientNorm[0] - 1)).toBeLessThan(1e-6);
    }
    for (const name of compiled.plan.places.keys())
      if (name in judge.held)
        expect(difference(arrayAt(compiled, name), judge.held[name])).toBeLessThan(1e-5);
    // It moved: what was compared is no standstill.
    expect(difference(arrayAt(compiled, 'w'), start.w)).toBeGreaterThan(0.001);
  });

  it('is clipped where squares of gradients overflow', () => {
    const compiled = compile(updateGraph({ type: 'sgd' }, 0.5));
    // ‖(3, 4) · 10³⁰‖ = 5 · 10³⁰, of which a tenth of 10⁻³⁰ is left
    arrayAt(compiled, gradientName('b')).set([3e30, -4e30]);
    const found = update(compiled, { rate: [1] });
    expect(found.get('gradientNorm')! / 5e30).toBeCloseTo(1, 6);
    expect(difference(arrayAt(compiled, 'b').subarray(0, 3), [-0.3, 0.4, 0])).toBeLessThan(1e-6);
  });

  it('has one kernel for all parameters', () => {
    const { plan } = compile(updateGraph({ type: 'adam' }, undefined));
    expect(plan.levels[0].calls.map(({ kernel }) => kernel)).toEqual(['0', '0', '0']);
    expect(plan.follows.get('adam.square.w')).toBe(gradientName('w'));
  });
});

describe('numbers out of the ordinary', () => {
  it('keep NaN and infinity, and lose what is too small for full precision', () => {
    const graph = buildGraph('half', { 'w.next': mul(state('w', [5]), 0.5) });
    const compiled = compile(graph);
    arrayAt(compiled, 'w').set([Number.NaN, Number.NEGATIVE_INFINITY, 2 ** -126, -(2 ** -125), 3]);
    update(compiled, {});
    expect([...arrayAt(compiled, 'w')]).toEqual([Number.NaN, Number.NEGATIVE_INFINITY, 0, -(2 ** -126), 1.5]);
  });
});

describe('graphs that are not compiled', () => {
  const w = state('w', [2, 2]);
  const cases: [string, Value][] = [
    ['an operator without a row', exp(w)],
    ['a matrix product', matMul(w, w)],
    ['another shape on the way', reshape(relu(reshape(w, [4])), [2, 2])],
    ['arrays that broadcast', add(w, state('row', [2]))],
  ];
  it.each(cases)('%s', (_, next) => {
    const graph = buildGraph('other', { 'w.next': next });
    expect(compileUpdate(graph, { updates: updatesOf(graph), parts: 1, shared: false })).toBeUndefined();
  });

  it('an array that replaces nothing', () => {
    const graph = buildGraph('other', { looked: neg(w) });
    expect(compileUpdate(graph, { updates: new Map(), parts: 1, shared: false })).toBeUndefined();
  });
});
