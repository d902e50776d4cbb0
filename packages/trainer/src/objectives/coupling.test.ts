import { normal } from '@vae/sdk/random';
import { describe, expect, it } from 'vitest';
import { evaluate } from '../engines/reference/index.js';
import { buildGraph } from '../graph/graph.js';
import { input, type Value } from '../graph/value.js';
import { difference } from '../testing/numbers-of.js';
import { aggregatePosterior } from './aggregate-posterior.js';
import { covariance } from './dip-vae.js';
import { mmd } from './mmd.js';

const BATCH = 5;
const LATENT = 2;
const of = (name: string, ...shape: ('N' | number)[]) => input(name, 'data', shape, 'Numbers of a test.');
const numbers = (stream: string, count = BATCH * LATENT) => [...normal({ seed: 4, stream }, count)];
const even = new Array(BATCH).fill(1 / BATCH);

const [mean, logVar, eps, prior] = ['mean', 'logVar', 'eps', 'prior'].map((name) => of(name, 'N', LATENT));
const weight = of('weight', 'N');

const numbersOf = (value: Value, feeds: Record<string, ArrayLike<number>>, batch = BATCH): number[] => [
  ...evaluate(buildGraph('it', { value }, [mean, logVar, eps, prior, weight]), feeds, batch).value.data,
];
const row = (flat: readonly number[], i: number) => flat.slice(i * LATENT, (i + 1) * LATENT);
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const indices = [...even.keys()];

const feeds = {
  mean: numbers('mean'),
  logVar: numbers('logVar'),
  eps: numbers('eps'),
  prior: numbers('prior'),
  weight: even,
};

/** The same with a sample of weight 0 behind the others. */
const padded = Object.fromEntries(
  Object.entries(feeds).map(([name, values]) => [name, [...values, ...(name === 'weight' ? [0] : [0, 0])]]),
);

describe('mmd', () => {
  const distance = (a: readonly number[], b: readonly number[]) =>
    sum(a.map((value, d) => (value - b[d]) ** 2));
  const kernels = {
    imq: (d: number) => sum([0.1, 0.2, 0.5, 1, 2, 5, 10].map((s) => (2 * LATENT * s) / (2 * LATENT * s + d))),
    rbf: (d: number) => Math.exp(-d / (2 * LATENT)),
  };

  /** Gretton et al. 2012, eq. 3: pairs of different samples among themselves, all pairs between the two. */
  function expected(kernel: (d: number) => number): number {
    const pairs = indices.flatMap((i) => indices.map((j) => [i, j]));
    const among = (rows: readonly number[]) =>
      sum(pairs.map(([i, j]) => (i === j ? 0 : kernel(distance(row(rows, i), row(rows, j)))))) /
      (BATCH * (BATCH - 1));
    const between = sum(pairs.map(([i, j]) => kernel(distance(row(feeds.mean, i), row(feeds.prior, j)))));
    return among(feeds.mean) + among(feeds.prior) - (2 * between) / BATCH ** 2;
  }

  it.each(['imq', 'rbf'] as const)('is the unbiased estimate, with %s', (name) => {
    const value = mmd(mean, prior, weight, name);
    expect(difference(numbersOf(value, feeds), [expected(kernels[name])])).toBeLessThan(1e-12);
    expect(difference(numbersOf(value, padded, BATCH + 1), [expected(kernels[name])])).toBeLessThan(1e-12);
  });

  it('of one sample is that of a code and a draw alone', () => {
    const one = { ...feeds, mean: [1, 2], prior: [0, 0], weight: [1] };
    expect(
      difference(numbersOf(mmd(mean, prior, weight, 'rbf'), one, 1), [-2 * Math.exp(-5 / 4)]),
    ).toBeLessThan(1e-12);
  });
});

describe('covariance', () => {
  const center = [0, 1].map((d) => sum(indices.map((i) => row(feeds.mean, i)[d])) / BATCH);
  const ofMeans = [0, 1].flatMap((a) =>
    [0, 1].map(
      (b) =>
        sum(indices.map((i) => (row(feeds.mean, i)[a] - center[a]) * (row(feeds.mean, i)[b] - center[b]))) /
        BATCH,
    ),
  );
  const variances = [0, 1].map((d) => sum(indices.map((i) => Math.exp(row(feeds.logVar, i)[d]))) / BATCH);
  const ofCodes = ofMeans.map((value, i) => value + (i % 3 === 0 ? variances[i / 3] : 0));

  it.each([
    ['means', false, ofMeans],
    ['codes, with their own variances on the diagonal', true, ofCodes],
  ] as const)('is that of %s over the batch', (_, spread, expected) => {
    const value = covariance({ mean, logVar }, weight, spread);
    expect(difference(numbersOf(value, feeds), expected)).toBeLessThan(1e-13);
    expect(difference(numbersOf(value, padded, BATCH + 1), expected)).toBeLessThan(1e-13);
  });
});

describe('aggregatePosterior', () => {
  const z = of('z', 'N', LATENT);
  const codes = numbers('z');
  const given = { ...feeds, z: codes };
  const estimate = (samples?: number) => aggregatePosterior({ q: { mean, logVar }, z, eps }, weight, samples);
  const run = (
    part: 'joint' | 'marginals',
    samples: number | undefined,
    fed: typeof given,
    batch = BATCH,
  ) => [...evaluate(buildGraph('it', { value: estimate(samples)[part] }), fed, batch).value.data];

  /** log N(zᵢ; mean of j, variance of j) in one dimension */
  const logDensity = (i: number, j: number, d: number) => {
    const spread = row(feeds.logVar, j)[d];
    return (
      -0.5 *
      ((row(codes, i)[d] - row(feeds.mean, j)[d]) ** 2 / Math.exp(spread) + spread + Math.log(2 * Math.PI))
    );
  };
  const joint = (i: number, j: number) => Math.exp(logDensity(i, j, 0) + logDensity(i, j, 1));

  it('is the mean of all posteriors where the batch is all there is', () => {
    const expected = indices.map((i) => Math.log(sum(indices.map((j) => joint(i, j))) / BATCH));
    const each = indices.flatMap((i) =>
      [0, 1].map((d) => Math.log(sum(indices.map((j) => Math.exp(logDensity(i, j, d)))) / BATCH)),
    );
    for (const samples of [BATCH, undefined]) {
      expect(difference(run('joint', samples, given), expected)).toBeLessThan(1e-12);
      expect(difference(run('marginals', samples, given), each)).toBeLessThan(1e-12);
    }
  });

  it('counts a sample once in all of them, and the rest of its batch for all others', () => {
    const expected = indices.map((i) => {
      const others = sum(indices.map((j) => (j === i ? 0 : joint(i, j))));
      return Math.log(joint(i, i) / 1000 + (0.999 / (BATCH - 1)) * others);
    });
    expect(difference(run('joint', 1000, given), expected)).toBeLessThan(1e-12);
  });

  it('is right on average over batches: the density, for every batch that has a sample', () => {
    // All batches of three out of the five samples.
    const triples = indices.flatMap((a) =>
      indices.slice(a + 1).flatMap((b) => indices.slice(b + 1).map((c) => [a, b, c])),
    );
    const densities: number[][] = indices.map(() => []);
    for (const rows of triples) {
      const pick = (flat: readonly number[]) => rows.flatMap((i) => row(flat, i));
      const batch = {
        mean: pick(feeds.mean),
        logVar: pick(feeds.logVar),
        eps: pick(feeds.eps),
        prior: pick(feeds.prior),
        z: pick(codes),
        weight: [1 / 3, 1 / 3, 1 / 3],
      };
      for (const [at, log] of run('joint', BATCH, batch, 3).entries())
        densities[rows[at]].push(Math.exp(log));
    }
    const found = densities.map((values) => sum(values) / values.length);
    const expected = indices.map((i) => sum(indices.map((j) => joint(i, j))) / BATCH);
    expect(difference(found, expected)).toBeLessThan(1e-12);
  });

  it('does not see padding, and takes a sample that is alone for all there is', () => {
    const more = { ...given, ...padded, z: [...codes, 9, 9] } as typeof given;
    expect(
      difference(run('joint', 1000, more, BATCH + 1).slice(0, BATCH), run('joint', 1000, given)),
    ).toBeLessThan(1e-12);
    const alone = { mean: [0, 0], logVar: [0, 0], eps: [1, 1], prior: [0, 0], z: [1, 1], weight: [1] };
    expect(difference(run('joint', undefined, alone, 1), [-1 - Math.log(2 * Math.PI)])).toBeLessThan(1e-12);
    expect(run('joint', 1000, alone, 1).every(Number.isFinite)).toBe(true);
  });
});
