import { describe, expect, it } from 'vitest';
import { gradients } from '../autodiff/gradients.js';
import { evaluate } from '../engines/reference/index.js';
import { ancestors, buildGraph } from '../graph/graph.js';
import { apply, defineOp, input, none, type Value } from '../graph/value.js';
import { checkGradient, GRADIENT_TOLERANCE } from '../testing/check-gradient.js';
import { caseInputs, drawCase, type OpCase, opCases } from '../testing/op-cases.js';
import {
  abs,
  div,
  elu,
  erf,
  exp,
  leakyRelu,
  log,
  max,
  min,
  mul,
  ops,
  relu,
  sigmoid,
  slice,
  softplus,
  sqrt,
  square,
  step,
  sumAll,
  tanh,
} from './index.js';

const withoutGradient = ['Step'];
const pointsOf = (opCase: OpCase) =>
  drawCase(opCase, 3).map((data, i) => ({ shape: opCase.shapes[i], data }));

describe('the operators', () => {
  it('have a row each', () => {
    const rows = new Set<string>(opCases.map(({ op }) => op));
    expect(Object.keys(ops).filter((name) => !rows.has(name))).toEqual([]);
  });

  it('have titles of their own', () => {
    expect(new Set(opCases.map(({ title }) => title)).size).toBe(opCases.length);
  });

  it('without a gradient are the ones listed', () => {
    const found = Object.values(ops).filter(({ gradient }) => gradient === none);
    expect(found.map(({ name }) => name)).toEqual(withoutGradient);
  });

  it('are what their rows use', () => {
    const astray = opCases.filter((opCase) => {
      const values = ancestors([opCase.of(...caseInputs(opCase))]);
      return !values.some((value) => value.kind === 'node' && value.op.name === opCase.op);
    });
    expect(astray.map(({ title }) => title)).toEqual([]);
  });
});

describe.each(Object.keys(ops).filter((name) => !withoutGradient.includes(name)))('%s', (name) => {
  const rows = opCases.filter(({ op }) => op === name);

  it.each(rows)('has the gradient of its values: $title', (opCase) => {
    expect(checkGradient(opCase.of, pointsOf(opCase))).toBeLessThan(GRADIENT_TOLERANCE);
  });

  it.each(rows)('has the second gradient of its values: $title', (opCase) => {
    expect(checkGradient(opCase.of, pointsOf(opCase), { order: 2 })).toBeLessThan(GRADIENT_TOLERANCE);
  });
});

describe('the gradient checker', () => {
  const x = { shape: [2, 3], data: [-1, -0.5, 0.2, 0.7, 1.1, 1.6] };
  const row = { shape: [3], data: [0.5, -1.5, 2] };

  it('accepts a right rule', () => {
    expect(checkGradient(exp, [x])).toBeLessThan(GRADIENT_TOLERANCE);
    expect(checkGradient(mul, [x, row])).toBeLessThan(GRADIENT_TOLERANCE);
  });

  it('shows a rule that is wrong by 0.1 % as just that', () => {
    const wrong = defineOp('Exp', {
      shape: ([shape]) => shape,
      gradient: (g, y) => [mul(mul(g, y), 1.001)],
    });
    expect(checkGradient((v) => apply(wrong, [v], {}), [x])).toBeCloseTo(0.001, 5);
  });

  it('shows a second gradient that is wrong by 0.1 %', () => {
    // The first gradient is right; its own one, through the factor, is not.
    const wrongSlope = defineOp('Exp', {
      shape: ([shape]) => shape,
      gradient: (g, y) => [mul(mul(g, y), 1.001)],
    });
    const rightOnce = defineOp('Exp', {
      shape: ([shape]) => shape,
      gradient: (g, { inputs: [v] }) => [mul(g, apply(wrongSlope, [v], {}))],
    });
    const f = (v: Value) => apply(rightOnce, [v], {});
    expect(checkGradient(f, [x])).toBeLessThan(GRADIENT_TOLERANCE);
    expect(checkGradient(f, [x], { order: 2 })).toBeCloseTo(0.001, 5);
  });

  it('shows an error of 0.1 % in one of two operands', () => {
    const wrong = defineOp('Mul', {
      shape: ops.Mul.shape,
      gradient: (g, { inputs: [a, b] }) => [mul(g, b), mul(mul(g, a), 1.001)],
    });
    expect(checkGradient((a, b) => apply(wrong, [a, b], {}), [x, row])).toBeGreaterThan(
      1000 * GRADIENT_TOLERANCE,
    );
  });

  it('shows a rule that takes one repetition of a repeated operand for all', () => {
    const wrong = defineOp('Mul', {
      shape: ops.Mul.shape,
      gradient: (g, { inputs: [a, b] }) => [mul(g, b), slice(mul(g, a), { axis: 0, start: 0, end: 1 })],
    });
    expect(checkGradient((a, b) => apply(wrong, [a, b], {}), [x, row])).toBeGreaterThan(0.01);
  });

  it('shows a rule that forgets to be one', () => {
    const wrong = defineOp('Exp', { shape: ([shape]) => shape, gradient: none });
    expect(checkGradient((v) => apply(wrong, [v], {}), [x])).toBe(1);
  });
});

describe('special values', () => {
  /** f and its derivatives at x, by the formula. */
  const derivative = (f: (...inputs: Value[]) => Value, at: readonly number[]): number[] => {
    const inputs = at.map((_, i) => input(`x${i}`, 'scalar', [], 'test'));
    const parts = gradients(f(...inputs), inputs);
    const graph = buildGraph('slope', Object.fromEntries(parts.map((part, i) => [`d${i}`, part])));
    const results = evaluate(graph, Object.fromEntries(at.map((value, i) => [`x${i}`, [value]])), 1);
    return parts.map((_, i) => results[`d${i}`].data[0]);
  };

  it.each<[string, (x: Value) => Value, number[], number[]]>([
    ['exp', exp, [0, 200, -200, -800], [1, Math.exp(200), Math.exp(-200), 0]],
    ['log', log, [1, 1e-200, 200], [1, 1e200, 1 / 200]],
    ['sqrt', sqrt, [1e-200, 4, 40_000], [0.5e100, 0.25, 1 / 400]],
    ['tanh', tanh, [0, 200, -200], [1, 0, 0]],
    ['sigmoid', sigmoid, [0, 200, -200, -800], [0.25, 0, Math.exp(-200), 0]],
    ['softplus', softplus, [0, 200, -200, 800, -800], [0.5, 1, Math.exp(-200), 1, 0]],
    ['erf', erf, [0, 200, -200], [2 / Math.sqrt(Math.PI), 0, 0]],
    ['step', step, [0, 200, -200], [0, 0, 0]],
    ['relu', relu, [0, 200, -200], [0, 1, 0]],
    ['abs', abs, [0, 200, -200], [0, 1, -1]],
    ['leakyRelu', (x) => leakyRelu(x, 0.2), [0, 200, -200], [0.2, 1, 0.2]],
    ['elu', (x) => elu(x, 0.7), [0, 200, -200, 800], [0.7, 1, 0, 1]],
    ['square', square, [0, 200, -200], [0, 400, -400]],
    ['1/x', (x) => div(1, x), [200, 1e-100], [-1 / 40_000, -1e200]],
    ['max(x, x)', (x) => max(x, x), [0, 200], [1, 1]],
    ['min(x, x)', (x) => min(x, x), [0, -200], [1, 1]],
  ])('%s', (_, f, points, expected) => {
    points.forEach((x, i) => {
      const [found] = derivative(f, [x]);
      const error = Math.abs(found - expected[i]);
      expect(error, `at ${x}: ${found}`).toBeLessThanOrEqual(1e-14 * Math.abs(expected[i]));
    });
  });

  it.each([
    ['max', max, [1, 2], [0, 1]],
    ['max', max, [200, -200], [1, 0]],
    ['min', min, [1, 2], [1, 0]],
    ['min', min, [200, -200], [0, 1]],
    ['mul', mul, [0, 200], [200, 0]],
    ['div', div, [0, 200], [1 / 200, 0]],
    ['div', div, [200, -200], [-1 / 200, -1 / 200]],
  ] as const)('%s of a pair: %#', (_, f, at, expected) => {
    const found = derivative(f, at);
    expected.forEach((value, i) => void expect(found[i]).toBeCloseTo(value, 14));
  });

  it.each([max, min])('one side of a tie gets the whole gradient: %#', (f) => {
    const [a, b] = derivative(f, [1.5, 1.5]);
    expect(a + b).toBe(1);
  });

  it('the gradient of a sum of squares is twice the point', () => {
    const x = input('x', 'data', ['N', 2], 'test');
    const [dx] = gradients(sumAll(square(x)), [x]);
    const { data } = evaluate(buildGraph('slope', { dx }), { x: [0, -200, 200, 1e-3] }, 2).dx;
    expect([...data]).toEqual([0, -400, 400, 2e-3]);
  });
});
