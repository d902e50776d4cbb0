import { describe, expect, it } from 'vitest';
import { create, type Spec } from '../choice.js';
import { input } from '../graph/value.js';
import { Trace } from '../layers/trace.js';
import { difference, numbersOf } from '../testing/numbers-of.js';
import { likelihoods } from './index.js';

const [x, output] = ['x', 'output'].map((name) => input(name, 'data', ['N', 2], ''));
const feeds = { x: [0, 1, 0.5, 0.25], output: [0.5, -1, 0.5, 2] };
const density = (spec: Spec, extra: Record<string, number[]> = {}) => {
  const trace = new Trace(true, [2]);
  const value = create(likelihoods, spec).logDensity(x, output, trace);
  return { trace, found: numbersOf(value, { ...feeds, ...extra }, 2) };
};
const normal = (variance: number) =>
  feeds.x.map(
    (value, i) => -0.5 * (Math.log(2 * Math.PI * variance) + (value - feeds.output[i]) ** 2 / variance),
  );

describe('the likelihoods', () => {
  it('bernoulli: log σ(l) of a 1, log σ(−l) of a 0, logits beside the expected value', () => {
    const expected = feeds.x.map((value, i) => {
      const probability = 1 / (1 + Math.exp(-feeds.output[i]));
      return value * Math.log(probability) + (1 - value) * Math.log(1 - probability);
    });
    expect(difference(density({ type: 'bernoulli' }).found, expected)).toBeLessThan(1e-14);
    const { rawOutput, describe: entry } = create(likelihoods, { type: 'bernoulli' });
    expect([rawOutput, entry({})]).toEqual(['logits', { kind: 'bernoulli', output: 'logits' }]);
  });

  it.each([1, 0.05])('gaussian with variance %s: the normal density around the output', (variance) => {
    const { trace, found } = density({ type: 'gaussian', variance });
    expect(difference(found, normal(variance))).toBeLessThan(1e-13);
    expect(trace.parameters.size).toBe(0);
    const likelihood = create(likelihoods, { type: 'gaussian', variance } as Spec);
    expect(likelihood.describe({})).toEqual({ kind: 'gaussian', output: 'x', variance });
    expect(numbersOf(likelihood.expected(output), feeds, 2)).toEqual(feeds.output);
  });

  it('gaussian with a learned variance: one parameter, its logarithm, 0 at first', () => {
    const spec = { type: 'gaussian', variance: 'learned' };
    const { trace, found } = density(spec, { 'likelihood.log-variance': [Math.log(0.3)] });
    expect(difference(found, normal(0.3))).toBeLessThan(1e-13);
    const first = Float32Array.of(9);
    trace.parameters.get('likelihood.log-variance')!.initializer(first, 0, 'likelihood.log-variance');
    expect([...first]).toEqual([0]);
    const weights = { 'likelihood.log-variance': { data: Float32Array.of(-2) } };
    expect(create(likelihoods, spec).describe(weights)).toEqual({
      kind: 'gaussian',
      output: 'x',
      variance: Math.exp(-2),
    });
  });

  it('continuousBernoulli: a density of values between, with logits beside its mean', () => {
    const { rawOutput, describe: entry } = create(likelihoods, { type: 'continuousBernoulli' });
    const expected = { kind: 'continuous-bernoulli', output: 'logits' };
    expect([rawOutput, entry({})]).toEqual(['logits', expected]);
    const found = density({ type: 'continuousBernoulli' }).found;
    const bits = density({ type: 'bernoulli' }).found;
    const normaliser = feeds.output.map((l) => Math.log(l / Math.tanh(l / 2)));
    expect(
      difference(
        found,
        bits.map((value, i) => value + normaliser[i]),
      ),
    ).toBeLessThan(1e-13);
  });

  it('laplace: the absolute error, with a scale that is fixed or learned', () => {
    const expected = feeds.x.map((value, i) => -Math.abs(value - feeds.output[i]) / 0.3 - Math.log(0.6));
    expect(difference(density({ type: 'laplace', scale: 0.3 }).found, expected)).toBeLessThan(1e-13);
    const learned = { type: 'laplace', scale: 'learned' };
    const given = { 'likelihood.log-scale': [Math.log(0.3)] };
    expect(difference(density(learned, given).found, expected)).toBeLessThan(1e-13);
    const weights = { 'likelihood.log-scale': { data: Float32Array.of(-2) } };
    const entry = create(likelihoods, learned).describe(weights);
    expect(entry).toEqual({ kind: 'laplace', output: 'x', scale: Math.exp(-2) });
  });
});
