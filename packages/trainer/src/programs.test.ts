import { describe, expect, it } from 'vitest';
import { evaluate } from './engines/reference/index.js';
import { gradientName } from './graph/value.js';
import { nextName } from './optimizers/update.js';
import { buildPrograms, initialState } from './programs.js';
import { difference } from './testing/numbers-of.js';
import { ObjectiveAt } from './testing/one-step.js';
import { everyLayer, TINY_SHAPE, tinyRecipe } from './testing/tiny-training.js';

const programs = buildPrograms(tinyRecipe({ model: everyLayer }), TINY_SHAPE);
const inputsOf = (which: 'train' | 'evaluate' | 'encode' | 'decode') => programs[which].graph.inputs;
const namesOf = (which: Parameters<typeof inputsOf>[0], role: string) =>
  inputsOf(which)
    .filter((input) => input.role === role)
    .map(({ name }) => name);

describe('the programs of a recipe', () => {
  it('share one state, which the step replaces whole', () => {
    const state = Object.keys(initialState(programs, 0));
    expect(namesOf('train', 'state').sort()).toEqual([...state].sort());
    expect([...programs.train.updates].sort()).toEqual(state.map((name) => [name, nextName(name)]).sort());
    for (const look of ['evaluate', 'encode', 'decode'] as const) {
      expect(programs[look].updates.size).toBe(0);
      expect(namesOf(look, 'state').every((name) => programs.parameters.has(name))).toBe(true);
    }
    // Between them the two halves read every parameter once.
    expect([...namesOf('encode', 'state'), ...namesOf('decode', 'state')].sort()).toEqual(
      [...programs.parameters.keys()].sort(),
    );
  });

  it('are fed data, weights, noise and scalars as they say', () => {
    expect([namesOf('train', 'data'), namesOf('train', 'weight')]).toEqual([['x'], ['weight']]);
    expect(namesOf('train', 'noise').sort()).toEqual(['encoder.4-dropout.mask', 'eps']);
    expect([...programs.train.noises.keys()].sort()).toEqual(['encoder.4-dropout.mask', 'eps']);
    expect(namesOf('train', 'scalar')).toEqual(['learningRate']);
    // Dropout is off where nothing is trained, and nothing random is in the exported halves.
    expect(namesOf('evaluate', 'noise')).toEqual(['eps']);
    for (const half of ['encode', 'decode'] as const)
      expect(inputsOf(half).map(({ role }) => role)).toContain('data');
    for (const half of ['encode', 'decode'] as const)
      expect(inputsOf(half).every(({ role }) => role === 'data' || role === 'state')).toBe(true);
  });

  it('give what their files promise', () => {
    const outputs = (which: 'evaluate' | 'encode' | 'decode') =>
      Object.fromEntries([...programs[which].graph.outputs].map(([name, { shape }]) => [name, shape]));
    expect(outputs('encode')).toEqual({ mean: ['N', 3], logvar: ['N', 3] });
    expect(outputs('decode')).toEqual({ x: ['N', ...TINY_SHAPE], logits: ['N', ...TINY_SHAPE] });
    expect(outputs('evaluate')).toEqual({ loss: ['N'], bound: ['N'], reconstruction: ['N'], kl: ['N'] });
    const gaussian = buildPrograms(tinyRecipe({ likelihood: 'gaussian' }), TINY_SHAPE);
    expect([...gaussian.decode.graph.outputs.keys()]).toEqual(['x']);
  });

  it('start from seeded weights, zero biases and zero moments', () => {
    const [first, again, other] = [0, 0, 1].map((seed) => initialState(programs, seed));
    expect(again).toEqual(first);
    expect(other['encoder.0-conv2d.weight'].data).not.toEqual(first['encoder.0-conv2d.weight'].data);
    expect(first['encoder.0-conv2d.bias'].data.every((value) => value === 0)).toBe(true);
    for (const name of programs.slots.keys())
      expect(first[name].data.every((value) => value === 0)).toBe(true);
    // Glorot's limit for a 3×3 window from 1 to 3 channels
    const limit = Math.sqrt(6 / (9 * 1 + 9 * 3));
    const weights = first['encoder.0-conv2d.weight'].data;
    expect(Math.max(...weights.map(Math.abs))).toBeLessThanOrEqual(limit);
    expect(Math.max(...weights.map(Math.abs))).toBeGreaterThan(0.5 * limit);
  });
});

describe('a step cut at the gradient', () => {
  const recipe = tinyRecipe({
    model: everyLayer,
    objective: { type: 'betaVae', beta: 2 },
    optimizer: { type: 'adam', learningRate: 0.01, clipNorm: 0.5 },
  });
  const { train } = buildPrograms(recipe, TINY_SHAPE);
  const { forward, gradients, update, parameters, additive } = train.parts!;
  const at = new ObjectiveAt(recipe, TINY_SHAPE);
  const state = initialState(buildPrograms(recipe, TINY_SHAPE), recipe.seed);
  const held = Object.fromEntries(Object.entries(state).map(([name, { data }]) => [name, data]));
  const scalars = Object.fromEntries([...train.scalars].map(([name, { schedule }]) => [name, [schedule(0)]]));
  const rows = 4;
  const x = Array.from({ length: rows * 64 }, (_, i) => (i * 7) % 2);
  const weight = new Array(rows).fill(1 / rows);
  const feeds = { ...held, ...scalars, ...at.drawNoise(rows), x, weight };
  const whole = evaluate(train.graph, feeds, rows);
  const slopes = evaluate(gradients, feeds, rows);
  const slopeData = Object.fromEntries(Object.entries(slopes).map(([name, { data }]) => [name, data]));

  it('is the same step in its parts', () => {
    const looked = evaluate(forward, feeds, rows);
    const updated = evaluate(update, { ...held, ...scalars, ...slopeData }, rows);
    const parts = { ...looked, ...updated };
    expect(Object.keys(parts).sort()).toEqual(Object.keys(whole).sort());
    for (const [name, { data }] of Object.entries(whole)) expect([...parts[name].data]).toEqual([...data]);
    expect(Object.keys(slopes).sort()).toEqual(
      [...Object.keys(looked), ...parameters.map(gradientName)].sort(),
    );
  });

  it('adds up over the parts of a batch', () => {
    expect(additive).toBe(true);
    const part = (from: number, to: number) => {
      const rowsOf = (data: ArrayLike<number>, all: number) =>
        Array.from(data).slice((from * data.length) / all, (to * data.length) / all);
      const cut = Object.fromEntries(
        gradients.inputs
          .filter(({ shape }) => shape[0] === 'N')
          .map(({ name }) => [name, rowsOf(feeds[name as keyof typeof feeds], rows)]),
      );
      return evaluate(gradients, { ...feeds, ...cut }, to - from);
    };
    const [left, right] = [part(0, 1), part(1, rows)];
    for (const [name, { data }] of Object.entries(slopes)) {
      const sum = Array.from(data, (_, i) => left[name].data[i] + right[name].data[i]);
      expect(difference(sum, data), name).toBeLessThan(1e-9);
    }
  });
});

describe('a step with a scaled loss', () => {
  const recipe = tinyRecipe({ model: everyLayer, precision: 'float16', ema: 0.9 });
  const programs = buildPrograms(recipe, TINY_SHAPE);
  const plain = buildPrograms({ ...recipe, precision: 'float32' }, TINY_SHAPE);
  const state = initialState(programs, recipe.seed);
  const held = Object.fromEntries(Object.entries(state).map(([name, { data }]) => [name, data]));
  const feeds = {
    ...held,
    ...new ObjectiveAt(recipe, TINY_SHAPE).drawNoise(2),
    x: Array.from({ length: 128 }, (_, i) => (i * 7) % 2),
    weight: [0.5, 0.5],
    learningRate: [0.01],
  };
  const numbersOf = (results: ReturnType<typeof evaluate>) =>
    Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, [...data]]));

  it('gives in float64 what one without gives, and the state of its scale', () => {
    const { lossScale, 'lossScale.goodSteps': goodSteps, ...rest } = state;
    expect(rest).toEqual(initialState(plain, recipe.seed));
    expect([[...lossScale.data], [...goodSteps.data]]).toEqual([[1024], [0]]);
    const found = numbersOf(evaluate(programs.train.graph, feeds, 2));
    const expected = numbersOf(evaluate(plain.train.graph, feeds, 2));
    expect(found).toEqual({
      ...expected,
      [nextName('lossScale')]: [1024],
      [nextName('lossScale.goodSteps')]: [1],
    });
  });

  it('is the same step in its parts, of which the first gives gradients that are not scaled', () => {
    const { gradients, update } = programs.train.parts!;
    const slopes = numbersOf(evaluate(gradients, feeds, 2));
    expect(slopes).toEqual(numbersOf(evaluate(plain.train.parts!.gradients, feeds, 2)));
    const updated = numbersOf(evaluate(update, { ...feeds, ...slopes }, 2));
    expect(numbersOf(evaluate(programs.train.graph, feeds, 2))).toMatchObject(updated);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('skips an update with %d in a gradient', (bad) => {
    const { gradients, update, parameters } = programs.train.parts!;
    const slopes = numbersOf(evaluate(gradients, feeds, 2));
    slopes[gradientName(parameters[0])][0] = bad;
    const { gradientNorm, ...next } = numbersOf(evaluate(update, { ...feeds, ...slopes }, 2));
    expect(gradientNorm).toEqual([0]);
    const kept = Object.entries(held).map(([name, data]) => [nextName(name), [...data]]);
    expect(next).toEqual({ ...Object.fromEntries(kept), [nextName('lossScale')]: [512] });
  });
});

describe('clipping by "clipNorm"', () => {
  const x = Array.from({ length: 3 * 64 }, (_, i) => i % 2);
  const gradientOf = (clipNorm?: number) => {
    const recipe = tinyRecipe({ optimizer: { type: 'sgd', learningRate: 1, clipNorm } });
    const programs = buildPrograms(recipe, TINY_SHAPE);
    const plain = new ObjectiveAt(recipe, TINY_SHAPE);
    const state = Object.entries(plain.state).map(([name, { data }]) => [name, data]);
    const feeds = {
      ...Object.fromEntries(state),
      ...plain.drawNoise(3),
      x,
      weight: [1 / 3, 1 / 3, 1 / 3],
      learningRate: [1],
    };
    const results = evaluate(programs.train.graph, feeds, 3);
    const gradient = Object.entries(plain.state).flatMap(([name, { data }]) =>
      Array.from(results[nextName(name)].data, (next, i) => data[i] - next),
    );
    return { gradient, reported: results.gradientNorm.data[0] };
  };
  const normOf = (gradient: readonly number[]) =>
    Math.sqrt(gradient.reduce((sum, slope) => sum + slope * slope, 0));

  it('shortens the whole gradient to the limit and reports its length before', () => {
    const [free, clipped, loose] = [undefined, 0.5, 1e6].map(gradientOf);
    const norm = normOf(free.gradient);
    expect(norm).toBeGreaterThan(1);
    expect(difference([free.reported, clipped.reported], [norm, norm])).toBeLessThan(1e-9);
    expect(
      difference(
        clipped.gradient,
        free.gradient.map((slope) => (slope * 0.5) / norm),
      ),
    ).toBeLessThan(1e-9);
    expect(difference(loose.gradient, free.gradient)).toBeLessThan(1e-12);
  });
});
