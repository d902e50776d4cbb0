import { uniform } from '@vae/sdk/random';
import { describe, expect, it } from 'vitest';
import type { Program, State } from '../engines/engine.js';
import { evaluate } from '../engines/reference/index.js';
import { buildGraph } from '../graph/graph.js';
import { sizeOf } from '../graph/shape.js';
import { buildPrograms, initialState } from '../programs.js';
import { difference } from '../testing/numbers-of.js';
import { ObjectiveAt } from '../testing/one-step.js';
import { conditional, everyLayer, TINY_SHAPE, tinyRecipe } from '../testing/tiny-training.js';
import { labelInput, labelWidth, oneHot } from './label.js';

const CLASSES = 3;
const [D, UNITS, PIXELS] = [2, 12, 64];
const recipe = tinyRecipe({ model: conditional });
/** The first layer of each half, and what is added to a sample by its class. */
const [seen, first, added] = ['encoder.1-dense', 'decoder.0-dense', 'encoder.label.weight'];

/** Multiples of 1/128 in 0..2: float32 holds them exactly, also a thousandth further. */
const coarse = (stream: string, ...shape: number[]) => ({
  data: uniform({ seed: 1, stream }, sizeOf(shape)).map((u) => Math.round(256 * u) / 128),
  shape,
});

/** The model with biases and rows of classes that are not 0, as after some training. */
const told = new ObjectiveAt(recipe, TINY_SHAPE, {}, CLASSES);
const weights: State = {
  ...told.state,
  [`${first}.bias`]: coarse('bias', UNITS),
  [added]: coarse('rows', CLASSES, PIXELS),
};
const objective = new ObjectiveAt(recipe, TINY_SHAPE, weights, CLASSES);

/** row·M, for a matrix of the state whose rows begin at `from`. */
const times = (row: ArrayLike<number>, matrix: string, width: number, from = 0) =>
  Array.from({ length: width }, (_, column) =>
    Array.from(row).reduce(
      (sum, value, i) => sum + value * weights[matrix].data[(from + i) * width + column],
      0,
    ),
  );

/** y·E, what is added to a sample. */
const offsetOf = (label: readonly number[]) => times(label, added, PIXELS);

const plus = (name: string, more: readonly number[]) => ({
  [name]: { data: weights[name].data.map((value, i) => value + more[i]), shape: [more.length] },
});

/**
 * The same model without labels. Of its encoder (x + y·E)·W + b = x·W + (b + y·E·W); of its decoder
 * [z, y]·W + b = z·W₁ + (b + y·W₂), with the rows of W for the code, and a bias in which a mixture of the others is.
 */
function untold(label: readonly number[]): ObjectiveAt {
  const plain = tinyRecipe({ model: { ...conditional, conditional: false } });
  const { [added]: _rows, ...others } = weights;
  return new ObjectiveAt(plain, TINY_SHAPE, {
    ...others,
    ...plus(`${seen}.bias`, times(offsetOf(label), `${seen}.weight`, UNITS)),
    [`${first}.weight`]: { data: weights[`${first}.weight`].data.slice(0, D * UNITS), shape: [D, UNITS] },
    ...plus(`${first}.bias`, times(label, `${first}.weight`, UNITS, D)),
  });
}

const x = Array.from(uniform({ seed: 2, stream: 'x' }, 4 * PIXELS), (u) => (u > 0.7 ? 1 : 0));
const rows = (label: readonly number[]) => Array.from({ length: 4 }, () => label).flat();

describe('a conditional model', () => {
  it.each([
    ['a class', [0, 0, 1]],
    ['another one', [1, 0, 0]],
    ['a mixture', [0.25, 0.75, 0]],
  ])('is one with other first biases for %s: every term and every gradient', (_, label) => {
    const found = objective.step({ x, label: rows(label) });
    const expected = untold(label).step({ x });
    // The norm is one of more numbers; biases are rounded to float32 on the way.
    const { gradientNorm: _norm, ...terms } = expected.terms;
    for (const [name, value] of Object.entries(terms))
      expect(Math.abs(found.terms[name] - value), name).toBeLessThan(1e-5);
    const {
      [`${first}.weight`]: slope,
      [`${seen}.weight`]: ofSums,
      [added]: ofRows,
      ...others
    } = found.gradient;
    const { [`${first}.weight`]: own, [`${seen}.weight`]: ofSamples, ...rest } = expected.gradient;
    for (const [name, values] of Object.entries(rest))
      expect(difference(others[name], values), name).toBeLessThan(1e-5);
    // The rows of a class have the gradient of the bias, by the share of the class.
    const bias = expected.gradient[`${first}.bias`];
    const wanted = [...own, ...label.flatMap((share) => bias.map((value) => share * value))];
    expect(difference(slope, wanted)).toBeLessThan(1e-5);
    expect(Math.max(...bias.map(Math.abs))).toBeGreaterThan(0.01);
    // The same in the encoder, of a sum: each of its sides times the gradient g of the bias, dW = (x + y·E)ᵀ·g = xᵀ·g + …
    const g = expected.gradient[`${seen}.bias`];
    const rank = offsetOf(label).flatMap((value) => g.map((slope) => value * slope));
    expect(
      difference(
        ofSums,
        ofSamples.map((value, i) => value + rank[i]),
      ),
    ).toBeLessThan(1e-4);
    // and dE = yᵀ·(g·Wᵀ)
    const { data } = weights[`${seen}.weight`];
    const back = Array.from({ length: PIXELS }, (_, pixel) =>
      g.reduce((sum, slope, unit) => sum + slope * data[pixel * UNITS + unit], 0),
    );
    expect(
      difference(
        ofRows,
        label.flatMap((share) => back.map((value) => share * value)),
      ),
    ).toBeLessThan(1e-5);
    expect(Math.max(...back.map(Math.abs))).toBeGreaterThan(0.01);
  });

  it('has the gradient of what is added by class that central differences give, where classes are mixed', () => {
    const given = { x, label: [...oneHot([0, 1, 2, 1], CLASSES)] };
    const direction = coarse('direction', CLASSES * PIXELS).data.map((value) => (value > 1 ? 1 : -1));
    const lossAt = (distance: number) => {
      const data = weights[added].data.map((value, i) => value + distance * direction[i]);
      const moved = { ...weights, [added]: { data, shape: [CLASSES, PIXELS] } };
      return new ObjectiveAt(recipe, TINY_SHAPE, moved, CLASSES).step(given).terms.loss;
    };
    const h = 2 ** -10;
    const slope = (8 * (lossAt(h) - lossAt(-h)) - (lossAt(2 * h) - lossAt(-2 * h))) / (12 * h);
    const { gradient } = objective.step(given);
    const along = gradient[added].reduce((sum, value, i) => sum + value * direction[i], 0);
    expect(Math.abs(slope)).toBeGreaterThan(0.01);
    expect(Math.abs(along / slope - 1)).toBeLessThan(1e-5);
  });

  it('begins with an encoder that sees all classes alike', () => {
    expect(told.state[added].shape).toEqual([CLASSES, PIXELS]);
    expect(told.state[added].data.every((value) => value === 0)).toBe(true);
  });

  it.each([
    ['convolutions', everyLayer, TINY_SHAPE],
    ['rows of a table', { ...conditional, encoder: [{ type: 'dense', units: 4 }] }, [64]],
  ])('is told by an encoder that begins with %s', (_, model, shape) => {
    const of = tinyRecipe({ model: { ...model, conditional: true } });
    const { state } = new ObjectiveAt(of, shape, {}, CLASSES);
    const moved = { ...state, [added]: weights[added] };
    const { programs } = new ObjectiveAt(of, shape, moved, CLASSES);
    const codeOf = (samples: ArrayLike<number>, label: number, by: State = moved) => {
      const feeds = Object.fromEntries(Object.entries(by).map(([name, { data }]) => [name, data]));
      const given = { ...feeds, x: samples, label: oneHot([label], CLASSES) };
      return evaluate(programs.encode.graph, given, 1).mean.data;
    };
    const sample = x.slice(0, PIXELS);
    for (const label of [0, 1]) {
      const offset = offsetOf([...oneHot([label], CLASSES)]);
      const sum = sample.map((value, i) => value + offset[i]);
      expect(difference(codeOf(sample, label), codeOf(sum, label, state))).toBeLessThan(1e-9);
    }
    expect(difference(codeOf(sample, 0), codeOf(sample, 1))).toBeGreaterThan(1e-3);
  });

  it('judges each sample by its own class', () => {
    const classes = [0, 1, 2, 1];
    const noise = { eps: objective.drawNoise(4).eps };
    const { bound } = objective.samples({ x, label: [...oneHot(classes, CLASSES)], noise });
    const alone = classes.map((number, i) => {
      const label = [...oneHot([number], CLASSES)];
      return untold(label).samples({
        x: x.slice(PIXELS * i, PIXELS * (i + 1)),
        noise: { eps: noise.eps.slice(2 * i, 2 * i + 2) },
      }).bound[0];
    });
    expect(difference(bound, alone)).toBeLessThan(1e-5);
  });

  it('takes labels where it trains, judges, encodes and decodes', () => {
    const programs = buildPrograms(recipe, TINY_SHAPE, CLASSES);
    const widths = (['train', 'evaluate', 'decode', 'encode'] as const).map((name) =>
      labelWidth(programs[name].graph),
    );
    expect(widths).toEqual([CLASSES, CLASSES, CLASSES, CLASSES]);
    const fedTo = ({ graph }: Program) =>
      graph.inputs.filter(({ role }) => role === 'data').map(({ name, shape }) => [name, shape]);
    const label = ['label', ['N', CLASSES]];
    expect(fedTo(programs.encode)).toEqual([['x', ['N', ...TINY_SHAPE]], label]);
    expect(fedTo(programs.decode)).toEqual([['z', ['N', D]], label]);
    expect(initialState(programs, 0)[`${first}.weight`].shape).toEqual([D + CLASSES, UNITS]);
  });

  it.each([0, 1])('of %i classes is refused', (classes) => {
    expect(() => buildPrograms(recipe, TINY_SHAPE, classes)).toThrow(
      `tiny: the recipe is conditional, and needs data of 2 classes at least; these have ${classes}. Say where`,
    );
  });

  it('names the layer that does not fit a code with a label behind it', () => {
    const decoder = [{ type: 'reshape', shape: [2, 1, 1] }, 'flatten', { type: 'dense', units: 'data' }];
    const model = { ...conditional, decoder } as typeof conditional;
    expect(() => buildPrograms(tinyRecipe({ model }), TINY_SHAPE, CLASSES)).toThrow(
      'decoder.0-reshape: cannot make [2, 1, 1] (2 numbers) of [5] (5 numbers). Put { "type": "dense", "units": 2 } before it, ' +
        'or give a shape of as many numbers.',
    );
  });
});

describe('labels', () => {
  it('are rows with 1 at the number of the class; what is behind them stays', () => {
    expect([...oneHot([2, 0], 3)]).toEqual([0, 0, 1, 1, 0, 0]);
    expect([...oneHot([1], 2, new Float32Array(6))]).toEqual([0, 1, 0, 0, 0, 0]);
  });

  it('are found by their name, and are 0 wide where there are none', () => {
    const label = labelInput(4);
    expect(labelWidth(buildGraph('g', { y: label }))).toBe(4);
    expect(labelWidth({ inputs: [] })).toBe(0);
  });
});
