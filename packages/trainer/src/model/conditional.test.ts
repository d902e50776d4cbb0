import { uniform } from '@vae/sdk/random';
import { describe, expect, it } from 'vitest';
import type { State } from '../engines/engine.js';
import { buildGraph } from '../graph/graph.js';
import { buildPrograms, initialState } from '../programs.js';
import { difference } from '../testing/numbers-of.js';
import { ObjectiveAt } from '../testing/one-step.js';
import { conditional, TINY_SHAPE, tinyRecipe } from '../testing/tiny-training.js';
import { labelInput, labelWidth, oneHot } from './label.js';

const CLASSES = 3;
const [D, UNITS] = [2, 12];
const recipe = tinyRecipe({ model: conditional });
const first = 'decoder.0-dense';

/** The model with biases that are not 0, as after some training. */
const told = new ObjectiveAt(recipe, TINY_SHAPE, {}, CLASSES);
const weights: State = {
  ...told.state,
  [`${first}.bias`]: { data: uniform({ seed: 1, stream: 'bias' }, UNITS), shape: [UNITS] },
};
const objective = new ObjectiveAt(recipe, TINY_SHAPE, weights, CLASSES);

/**
 * The same decoder without labels, as [z, y]·W + b = z·W₁ + (b + y·W₂) says it: the rows of W for the code, and a bias in
 * which a mixture of the other rows is.
 */
function untold(label: readonly number[]): ObjectiveAt {
  const { data } = weights[`${first}.weight`];
  const bias = weights[`${first}.bias`].data.map((value, unit) =>
    label.reduce((sum, share, y) => sum + share * data[(D + y) * UNITS + unit], value),
  );
  const plain = tinyRecipe({ model: { ...conditional, conditional: false } });
  return new ObjectiveAt(plain, TINY_SHAPE, {
    ...weights,
    [`${first}.weight`]: { data: data.slice(0, D * UNITS), shape: [D, UNITS] },
    [`${first}.bias`]: { data: bias, shape: [UNITS] },
  });
}

const x = Array.from(uniform({ seed: 2, stream: 'x' }, 4 * 64), (u) => (u > 0.7 ? 1 : 0));
const rows = (label: readonly number[]) => Array.from({ length: 4 }, () => label).flat();

describe('a conditional model', () => {
  it.each([
    ['a class', [0, 0, 1]],
    ['another one', [1, 0, 0]],
    ['a mixture', [0.25, 0.75, 0]],
  ])('is one with another first bias for %s: every term and every gradient', (_, label) => {
    const found = objective.step({ x, label: rows(label) });
    const expected = untold(label).step({ x });
    // The norm is one of more numbers; biases are rounded to float32 on the way.
    const { gradientNorm: _norm, ...terms } = expected.terms;
    for (const [name, value] of Object.entries(terms))
      expect(Math.abs(found.terms[name] - value), name).toBeLessThan(1e-5);
    const { [`${first}.weight`]: slope, ...others } = found.gradient;
    const { [`${first}.weight`]: own, ...rest } = expected.gradient;
    for (const [name, values] of Object.entries(rest))
      expect(difference(others[name], values), name).toBeLessThan(1e-5);
    // The rows of a class have the gradient of the bias, by the share of the class.
    const bias = expected.gradient[`${first}.bias`];
    const wanted = [...own, ...label.flatMap((share) => bias.map((value) => share * value))];
    expect(difference(slope, wanted)).toBeLessThan(1e-5);
    expect(Math.max(...bias.map(Math.abs))).toBeGreaterThan(0.01);
  });

  it('judges each sample by its own class', () => {
    const classes = [0, 1, 2, 1];
    const noise = { eps: objective.drawNoise(4).eps };
    const { bound } = objective.samples({ x, label: [...oneHot(classes, CLASSES)], noise });
    const alone = classes.map((number, i) => {
      const label = [...oneHot([number], CLASSES)];
      return untold(label).samples({
        x: x.slice(64 * i, 64 * i + 64),
        noise: { eps: noise.eps.slice(2 * i, 2 * i + 2) },
      }).bound[0];
    });
    expect(difference(bound, alone)).toBeLessThan(1e-5);
  });

  it('takes labels where it trains, judges and decodes, and not where it encodes', () => {
    const programs = buildPrograms(recipe, TINY_SHAPE, CLASSES);
    const widths = (['train', 'evaluate', 'decode', 'encode'] as const).map((name) =>
      labelWidth(programs[name].graph),
    );
    expect(widths).toEqual([CLASSES, CLASSES, CLASSES, 0]);
    const fed = programs.decode.graph.inputs.filter(({ role }) => role === 'data');
    expect(fed.map(({ name, shape }) => [name, shape])).toEqual([
      ['z', ['N', D]],
      ['label', ['N', CLASSES]],
    ]);
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
