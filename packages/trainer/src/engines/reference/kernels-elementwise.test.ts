import { describe, expect, it } from 'vitest';
import type { Value } from '../../graph/value.js';
import {
  abs,
  add,
  div,
  elu,
  erf,
  exp,
  leakyRelu,
  log,
  max,
  min,
  mul,
  neg,
  relu,
  sigmoid,
  softplus,
  sqrt,
  step,
  sub,
  tanh,
} from '../../ops/index.js';
import { array, counting, numbers, run } from './testing/run-op.js';

const expectClose = (found: number, expected: number, relative: number, at: unknown): void =>
  expect(Math.abs(found - expected), `at ${at}: ${found}, not ${expected}`).toBeLessThanOrEqual(
    relative * Math.abs(expected),
  );

describe('elementwise', () => {
  const e = Math.E;

  const infinity = Number.POSITIVE_INFINITY;

  it.each<[string, (x: Value) => Value, number[], number[]]>([
    ['neg', neg, [2, -3], [-2, 3]],
    ['exp', exp, [0, 1, -1, -1000, 1000], [1, e, 1 / e, 0, infinity]],
    ['log', log, [1, e, 0], [0, 1, -infinity]],
    ['sqrt', sqrt, [0, 2, 9], [0, Math.SQRT2, 3]],
    // tanh ½ = (e − 1) / (e + 1)
    ['tanh', tanh, [0, 0.5, -0.5, 200, -200], [0, (e - 1) / (e + 1), (1 - e) / (e + 1), 1, -1]],
    ['sigmoid', sigmoid, [0, 1, -1, 800, -800], [0.5, e / (1 + e), 1 / (1 + e), 1, 0]],
    ['softplus', softplus, [0, 1, 800, -800], [Math.LN2, Math.log(1 + e), 800, 0]],
    ['sigmoid in its tail', sigmoid, [-200], [Math.exp(-200)]],
    ['softplus in its tail', softplus, [-200], [Math.exp(-200)]],
    ['step', step, [0, -0, 1e-300, 5, -5], [0, 0, 1, 1, 0]],
    ['relu', relu, [0, 2, -2], [0, 2, 0]],
    ['abs', abs, [0, 2, -2], [0, 2, 2]],
    ['leakyRelu', (x) => leakyRelu(x, 0.25), [0, 2, -2], [0, 2, -0.5]],
    ['elu', (x) => elu(x, 3), [0, 2, -1, -800, -1e-20], [0, 2, 3 * (1 / e - 1), -3, -3e-20]],
  ])('%s', (_, f, points, expected) => {
    numbers(f, array([points.length], points)).forEach((found, i) => {
      if (Number.isFinite(expected[i])) expectClose(found, expected[i], 1e-15, points[i]);
      else expect(found).toBe(expected[i]);
    });
  });

  it.each<[string, (a: Value, b: Value) => Value, number[]]>([
    ['add', add, [11, 22, 31, 42]],
    ['sub', sub, [-9, -18, -29, -38]],
    ['mul', mul, [10, 40, 10, 40]],
    ['div', div, [0.1, 0.1, 1 / 30, 0.05]],
    ['max', max, [10, 20, 30, 40]],
    ['min', min, [1, 2, 1, 2]],
  ])('%s, a row with a matrix', (name, f, expected) => {
    const matrix = array([2, 2], name === 'mul' ? [10, 20, 10, 20] : [10, 20, 30, 40]);
    expect(run(f, array([2], [1, 2]), matrix)).toEqual(array([2, 2], expected));
  });

  it('a column with a row', () => {
    expect(run(sub, array([2, 1], [10, 20]), array([1, 3], [1, 2, 3]))).toEqual(
      array([2, 3], [9, 8, 7, 19, 18, 17]),
    );
  });

  it('an array with a scalar, and with axes that it lacks', () => {
    expect(run(sub, array([], [1]), array([2], [5, 7]))).toEqual(array([2], [-4, -6]));
    expect(run(mul, counting(2, 1, 2), counting(3, 1)).data).toEqual(
      Float64Array.of(1, 2, 2, 4, 3, 6, 3, 4, 6, 8, 9, 12),
    );
  });
});

describe('erf', () => {
  // NIST Digital Library of Mathematical Functions, table 7.23, and Abramowitz & Stegun, table 7.1.
  const known: [number, number][] = [
    [0.1, 0.1124629160182849],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [2, 0.9953222650189527],
    [2.5, 0.999593047982555],
    [3, 0.9999779095030014],
  ];

  it('has the values of the tables, on both sides', () => {
    const found = numbers(erf, array([2, 6], [...known.map(([x]) => x), ...known.map(([x]) => -x)]));
    known.forEach(([x, expected], i) => {
      expectClose(found[i], expected, 1e-14, x);
      expect(found[i + 6]).toBe(-found[i]);
    });
  });

  it('is 2x/√π near 0 and ±1 far from it', () => {
    const [zero, small, ...far] = numbers(erf, array([6], [0, 1e-10, 6, 200, -6.1, -200]));
    expect(zero).toBe(0);
    expectClose(small, 2e-10 / Math.sqrt(Math.PI), 1e-15, 1e-10);
    expect(far).toEqual([1, 1, -1, -1]);
  });

  it('is the integral of its derivative, where one formula follows the other too', () => {
    // Simpson's rule on 2/√π · exp(−x²); its error is below length · width⁴ / 2880 · max|f⁗| = 3e-16.
    const density = (x: number) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x);
    for (let left = -7; left < 7; left += 0.0625) {
      const steps = 64;
      const width = 0.0625 / steps;
      let integral = 0;
      for (let i = 0; i < steps; i++) {
        const a = left + i * width;
        integral += (width / 6) * (density(a) + 4 * density(a + width / 2) + density(a + width));
      }
      const [low, high] = numbers(erf, array([2], [left, left + 0.0625]));
      expect(Math.abs(high - low - integral), `${left}`).toBeLessThan(1e-14);
    }
  });
});
