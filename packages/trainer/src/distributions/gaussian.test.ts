import { normal } from '@vae/sdk/random';
import { describe, expect, it } from 'vitest';
import { gradients } from '../autodiff/gradients.js';
import { buildGraph, toText } from '../graph/graph.js';
import { input, type Value } from '../graph/value.js';
import { klEstimators } from '../objectives/kl-estimators.js';
import { sumAll } from '../ops/index.js';
import { checkGradient, GRADIENT_TOLERANCE } from '../testing/check-gradient.js';
import { difference, numbersOf } from '../testing/numbers-of.js';
import {
  type Gaussian,
  kl,
  klByExpectation,
  klToStandard,
  logDensity,
  reparameterize,
  standardLogDensity,
} from './gaussian.js';

const named = (name: string): Value => input(name, 'data', ['N'], 'a number for each row');
const z = named('z');
const q: Gaussian = { mean: named('mean'), logVar: named('logVar') };
const p: Gaussian = { mean: named('priorMean'), logVar: named('priorLogVar') };

const columns = (names: readonly string[], rows: readonly (readonly number[])[]) =>
  Object.fromEntries(names.map((name, i) => [name, rows.map((row) => row[i])]));

const means = [-30, -2, -0.5, 0, 1e-3, 1, 4];
const logVars = [-20, -5, -1, 0, 1e-3, 2, 20];
const grid = means.flatMap((mean) => logVars.map((logVar) => [mean, logVar]));
/** How far rounding may carry a sum of terms as large as μ²/σ², which is how large they are in `klByExpectation`. */
const rounding = grid.map(([mean, logVar]) => 1e-14 * (1 + mean * mean * Math.exp(-logVar)));
const withinRounding = (found: readonly number[], expected: readonly number[]): boolean =>
  found.every((value, i) => Math.abs(value - expected[i]) <= rounding[i] + 1e-10 * Math.max(1, expected[i]));
const onGrid = (value: Value): number[] => numbersOf(value, columns(['mean', 'logVar'], grid), grid.length);

describe('the normal density', () => {
  // z, mean, logVar, norm.logpdf(z, mean, exp(logVar / 2)) of SciPy 1.17.1
  const rows = [
    [0.3, -0.7, 0.5, -1.4722038630609893],
    [2, 1, -3, -9.461706994798508],
    [-1.5, 0, 0, -2.0439385332046727],
    [0.5, 0.25, 20, -10.918938533269083],
    [1e-5, 0, -20, 9.056803207024839],
    [0.1, 0, -20, -2425816.895987485],
  ];
  const feeds = columns(['z', 'mean', 'logVar'], rows);
  const expected = rows.map((row) => row[3]);

  it('is that of SciPy', () => {
    expect(difference(numbersOf(logDensity(z, q), feeds, rows.length), expected)).toBeLessThan(1e-12);
  });

  it('with mean 0 and variance 1 is the short form', () => {
    const short = numbersOf(standardLogDensity(z), { z: [-1.5, 0] }, 2);
    // −½ log 2π at 0
    expect(difference(short, [-2.0439385332046727, -0.5 * Math.log(2 * Math.PI)])).toBeLessThan(1e-14);
  });
});

describe('KL between normal distributions', () => {
  // mean, logVar, prior's mean, prior's logVar, ∫ q log q/p by quad of SciPy 1.17.1
  const rows = [
    [0.5, -1, 0, 0, 0.3089397205857212],
    [1.5, 0.7, -0.5, 0.3, 1.527548790184071],
    [-2, -3, 0, 0, 3.0248935341839323],
    [0, 0, 1, -1, 1.718281828459045],
    [0, 0, 0, 0, 0],
  ];

  it('is the integral', () => {
    const feeds = columns(['mean', 'logVar', 'priorMean', 'priorLogVar'], rows);
    const expected = rows.map((row) => row[4]);
    expect(difference(numbersOf(kl(q, p), feeds, rows.length), expected)).toBeLessThan(1e-10);
  });

  const closedForm = grid.map(([m, v]) => 0.5 * (m * m + Math.exp(v) - 1 - v));

  it('to the standard one is ½ (μ² + σ² − 1 − log σ²), whatever way it is written', () => {
    const zero = numbersOf(klToStandard(q), { mean: [0], logVar: [0] });
    expect(zero).toEqual([0]);
    const standard: Gaussian = { mean: input('m0', 'data', [], '0'), logVar: input('v0', 'data', [], '0') };
    const general = numbersOf(
      kl(q, standard),
      { ...columns(['mean', 'logVar'], grid), m0: [0], v0: [0] },
      grid.length,
    );
    expect(difference(onGrid(klToStandard(q)), closedForm)).toBeLessThan(1e-14);
    expect(difference(general, closedForm)).toBeLessThan(1e-14);
    expect(withinRounding(onGrid(klByExpectation(q)), closedForm)).toBe(true);
  });

  it('by expectation is the closed form to 1e-10 where q is no narrower than it is in use', () => {
    const usual = grid.filter(([mean, logVar]) => Math.abs(mean) <= 4 && logVar >= -5);
    const feeds = columns(['mean', 'logVar'], usual);
    const [closed, expectation] = [klToStandard(q), klByExpectation(q)].map((value) =>
      numbersOf(value, feeds, usual.length),
    );
    expect(usual.length).toBeGreaterThan(30);
    expect(difference(expectation, closed)).toBeLessThan(1e-10);
  });

  it('is never negative', () => {
    for (const way of [klToStandard(q), klByExpectation(q)])
      expect(onGrid(way).every((value, i) => value >= -rounding[i])).toBe(true);
  });

  it('has the gradient (μ, ½ (σ² − 1)), whatever way it is written', () => {
    const slopes = [grid.map(([m]) => m), grid.map(([, v]) => 0.5 * Math.expm1(v))];
    for (const way of [klToStandard(q), klByExpectation(q)]) {
      const found = gradients(sumAll(way), [q.mean, q.logVar]).map(onGrid);
      expect(found.map((slope, i) => withinRounding(slope, slopes[i]))).toEqual([true, true]);
    }
  });

  it('by expectation is a computation of its own', () => {
    const [closed, expectation] = [klToStandard(q), klByExpectation(q)].map((value) =>
      buildGraph('kl', { value }),
    );
    expect(toText(expectation)).not.toBe(toText(closed));
    // Natural parameters need the precision; the closed form does not.
    const exponentials = (graph: typeof closed) => graph.nodes.filter(({ op }) => op.name === 'Exp').length;
    expect([exponentials(closed), exponentials(expectation)]).toEqual([1, 2]);
  });

  it('by expectation takes any prior of the family', () => {
    // N(0.5, 2): η₁ = 0.25, η₂ = −0.25, A = ½ (0.5²/2 + log 2)
    const prior = { eta1: 0.25, eta2: -0.25, logPartition: 0.5 * (0.125 + Math.log(2)) };
    const general = numbersOf(
      kl(q, p),
      {
        ...columns(['mean', 'logVar'], grid),
        priorMean: grid.map(() => 0.5),
        priorLogVar: grid.map(() => Math.log(2)),
      },
      grid.length,
    );
    expect(withinRounding(onGrid(klByExpectation(q, prior)), general)).toBe(true);
  });
});

describe('a draw', () => {
  it('is mean + e^(logVar/2) · eps', () => {
    const feeds = {
      ...columns(
        ['mean', 'logVar'],
        [
          [1, 2],
          [-3, -20],
        ],
      ),
      eps: [0.5, -2],
    };
    const draw = reparameterize(q, named('eps'));
    expect(difference(numbersOf(draw, feeds, 2), [1 + 0.5 * Math.E, -3 - 2 * Math.exp(-10)])).toBeLessThan(
      1e-15,
    );
  });

  it('passes gradients to mean and logVar', () => {
    const error = checkGradient(
      (mean, logVar, eps) => logDensity(reparameterize({ mean, logVar }, eps), { mean: eps, logVar: mean }),
      [
        [0.3, -1],
        [-0.5, 1],
        [0.7, -0.2],
      ].map((data) => ({ shape: [2], data })),
    );
    expect(error).toBeLessThan(GRADIENT_TOLERANCE);
  });
});

describe('the sampled KL', () => {
  it('approaches the closed form as the draws grow in number', () => {
    const draws = 200_000;
    const [mean, logVar] = [input('mean', 'data', ['N', 1], ''), input('logVar', 'data', ['N', 1], '')];
    const eps = input('eps', 'data', ['N', 1], '');
    const sampled = klEstimators.sampled({ mean, logVar }, reparameterize({ mean, logVar }, eps));
    for (const [m, v] of [
      [0.8, -1.2],
      [0, 0],
      [-2, 0.6],
    ]) {
      const found = numbersOf(
        sampled,
        {
          mean: new Float64Array(draws).fill(m),
          logVar: new Float64Array(draws).fill(v),
          eps: normal({ seed: 4, stream: `kl ${m} ${v}` }, draws),
        },
        draws,
      );
      const average = found.reduce((sum, value) => sum + value, 0) / draws;
      // One draw is ½ (z² − eps² − v), z = m + s·eps, whose variance is (s² − 1)²/2 + m²s².
      const s2 = Math.exp(v);
      const deviation = Math.sqrt((s2 - 1) ** 2 / 2 + m * m * s2);
      const closedForm = 0.5 * (m * m + s2 - 1 - v);
      expect(Math.abs(average - closedForm)).toBeLessThan((5 * deviation) / Math.sqrt(draws) + 1e-12);
    }
  });
});
