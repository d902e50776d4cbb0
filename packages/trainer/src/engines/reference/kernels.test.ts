import { normal } from '@vae/sdk/random';
import { describe, expect, it } from 'vitest';
import { buildGraph } from '../../graph/graph.js';
import { input, type Value } from '../../graph/value.js';
import {
  abs,
  add,
  concat,
  conv,
  convSize,
  convTranspose,
  convTransposeSize,
  convWeightGrad,
  div,
  elu,
  erf,
  exp,
  expand,
  leakyRelu,
  log,
  matMul,
  max,
  min,
  mul,
  neg,
  pad,
  reduceSum,
  relu,
  reshape,
  sigmoid,
  slice,
  softplus,
  sqrt,
  step,
  sub,
  tanh,
  transpose,
  type Window,
} from '../../ops/index.js';
import { evaluate } from './index.js';
import type { Array64 } from './kernels.js';

const array = (shape: number[], data: ArrayLike<number>): Array64 => ({
  shape,
  data: Float64Array.from(data),
});

/** 1, 2, 3, … */
const counting = (...shape: number[]): Array64 => {
  const length = shape.reduce((product, dim) => product * dim, 1);
  return array(
    shape,
    Array.from({ length }, (_, i) => i + 1),
  );
};

function run(f: (...inputs: Value[]) => Value, ...arrays: Array64[]): Array64 {
  const inputs = arrays.map(({ shape }, i) => input(`x${i}`, 'data', shape, 'test'));
  const feeds = Object.fromEntries(arrays.map(({ data }, i) => [`x${i}`, data]));
  return evaluate(buildGraph('g', { y: f(...inputs) }, inputs), feeds, 1).y;
}

const numbers = (f: (...inputs: Value[]) => Value, ...arrays: Array64[]): number[] => [
  ...run(f, ...arrays).data,
];

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

describe('shapes', () => {
  it('reshape keeps the order', () => {
    expect(run((x) => reshape(x, [3, 2]), counting(2, 3))).toEqual(counting(3, 2));
  });

  it('transpose', () => {
    expect(run((x) => transpose(x, [1, 0]), counting(2, 3))).toEqual(array([3, 2], [1, 4, 2, 5, 3, 6]));
    // [a][b][c] = 6a + 2b + c + 1 becomes [c][a][b]
    expect(run((x) => transpose(x, [2, 0, 1]), counting(2, 3, 2))).toEqual(
      array([2, 2, 3], [1, 3, 5, 7, 9, 11, 2, 4, 6, 8, 10, 12]),
    );
  });

  it('expand', () => {
    expect(run((x) => expand(x, [2, 3]), counting(3)).data).toEqual(Float64Array.of(1, 2, 3, 1, 2, 3));
    expect(run((x) => expand(x, [2, 2]), counting(2, 1)).data).toEqual(Float64Array.of(1, 1, 2, 2));
    expect(run((x) => expand(x, [2]), counting())).toEqual(array([2], [1, 1]));
  });

  it('slice', () => {
    expect(run((x) => slice(x, { axis: 1, start: 1, end: 3 }), counting(2, 3))).toEqual(
      array([2, 2], [2, 3, 5, 6]),
    );
    expect(run((x) => slice(x, { axis: 0, start: 1, end: 2 }), counting(2, 3))).toEqual(
      array([1, 3], [4, 5, 6]),
    );
  });

  it('pad', () => {
    expect(run((x) => pad(x, { axis: 1, before: 1, after: 2 }), counting(2, 1))).toEqual(
      array([2, 4], [0, 1, 0, 0, 0, 2, 0, 0]),
    );
    expect(run((x) => pad(x, { axis: 0, before: 0, after: 1 }), counting(1, 2))).toEqual(
      array([2, 2], [1, 2, 0, 0]),
    );
  });

  it('concat', () => {
    expect(run((a, b) => concat([a, b, a], 1), counting(2, 2), array([2, 1], [8, 9]))).toEqual(
      array([2, 5], [1, 2, 8, 1, 2, 3, 4, 9, 3, 4]),
    );
    expect(run((a, b) => concat([a, b], 0), counting(1, 2), counting(2, 2))).toEqual(
      array([3, 2], [1, 2, 1, 2, 3, 4]),
    );
  });

  it('sums', () => {
    const x = counting(2, 3, 2);
    expect(run((v) => reduceSum(v, [1]), x)).toEqual(array([2, 2], [9, 12, 27, 30]));
    expect(run((v) => reduceSum(v, [0, 2], true), x)).toEqual(array([1, 3, 1], [18, 26, 34]));
    expect(run((v) => reduceSum(v, [0, 1, 2]), x)).toEqual(array([], [78]));
  });

  it('the batch size is filled in', () => {
    const x = input('x', 'data', ['N', 3, 2], 'test');
    const graph = buildGraph('g', {
      rows: reshape(x, ['3N', 2]),
      wide: expand(reduceSum(x, [2], true), x.shape),
    });
    const { rows, wide } = evaluate(graph, { x: counting(2, 3, 2).data }, 2);
    expect(rows).toEqual(counting(6, 2));
    expect(wide).toEqual(array([2, 3, 2], [3, 3, 7, 7, 11, 11, 15, 15, 19, 19, 23, 23]));
  });
});

describe('products of matrices', () => {
  // [1 2 3; 4 5 6] · [1 2; 3 4; 5 6] = [22 28; 49 64]
  const [a, b] = [counting(2, 3), counting(3, 2)];
  const [aT, bT] = [array([3, 2], [1, 4, 2, 5, 3, 6]), array([2, 3], [1, 3, 5, 2, 4, 6])];
  const expected = array([2, 2], [22, 28, 49, 64]);

  it('with each operand as it is or transposed', () => {
    expect(run((x, y) => matMul(x, y), a, b)).toEqual(expected);
    expect(run((x, y) => matMul(x, y, { transA: true }), aT, b)).toEqual(expected);
    expect(run((x, y) => matMul(x, y, { transB: true }), a, bT)).toEqual(expected);
    expect(run((x, y) => matMul(x, y, { transA: true, transB: true }), aT, bT)).toEqual(expected);
  });

  it('of a column and a row, and of a row and a column', () => {
    expect(run((x, y) => matMul(x, y), counting(2, 1), counting(1, 3))).toEqual(
      array([2, 3], [1, 2, 3, 2, 4, 6]),
    );
    expect(run((x, y) => matMul(x, y), counting(1, 3), counting(3, 1))).toEqual(array([1, 1], [14]));
  });
});

describe('convolutions', () => {
  const plain: Window = { strides: [1, 1], pads: [0, 0, 0, 0] };
  const image = counting(1, 1, 3, 3);
  const kernel = counting(1, 1, 2, 2);

  it('Conv: the window is not turned round', () => {
    // 1·1 + 2·2 + 4·3 + 5·4 = 37
    expect(run((x, w) => conv(x, w, plain), image, kernel)).toEqual(array([1, 1, 2, 2], [37, 47, 67, 77]));
  });

  it('Conv: pads are top, left, bottom, right', () => {
    const top: Window = { strides: [1, 1], pads: [1, 0, 0, 0] };
    // Over the top row of zeros only the window's lower row counts: 1·3 + 2·4 = 11, 2·3 + 3·4 = 18.
    expect(numbers((x, w) => conv(x, w, top), image, kernel)).toEqual([11, 18, 37, 47, 67, 77]);
    const right: Window = { strides: [2, 2], pads: [0, 0, 1, 1] };
    // 37; 3·1 + 6·3 = 21; 7·1 + 8·2 = 23; 9·1 = 9
    expect(numbers((x, w) => conv(x, w, right), image, kernel)).toEqual([37, 21, 23, 9]);
  });

  it('Conv: what the stride does not reach is left out', () => {
    const strided: Window = { strides: [2, 2], pads: [0, 0, 0, 0] };
    expect(numbers((x, w) => conv(x, w, strided), image, kernel)).toEqual([37]);
  });

  it('Conv: the weight is [out, in, height, width]', () => {
    const pixels = array([2, 2, 1, 1], [1, 2, 3, 4]);
    const mix = array([3, 2, 1, 1], [1, 10, 100, 1000, 0, 1]);
    // Two samples of two channels: (1 + 20, 100 + 2000, 2) and (3 + 40, 300 + 4000, 4)
    expect(run((x, w) => conv(x, w, plain), pixels, mix)).toEqual(
      array([2, 3, 1, 1], [21, 2100, 2, 43, 4300, 4]),
    );
  });

  it('ConvTranspose: every element spreads a scaled window', () => {
    const g = counting(1, 1, 2, 2);
    const w = array([1, 1, 2, 2], [1, 10, 100, 1000]);
    const strided: Window = { strides: [2, 2], pads: [0, 0, 0, 0] };
    expect(run((x, y) => convTranspose(x, y, strided, [0, 0]), g, w)).toEqual(
      array([1, 1, 4, 4], [1, 10, 2, 20, 100, 1000, 200, 2000, 3, 30, 4, 40, 300, 3000, 400, 4000]),
    );
    // Overlaps add: 1000 + 200 + 30 + 4 = 1234 in the middle.
    expect(numbers((x, y) => convTranspose(x, y, plain, [0, 0]), g, w)).toEqual([
      1, 12, 20, 103, 1234, 2040, 300, 3400, 4000,
    ]);
  });

  it('ConvTranspose: pads cut off, output padding adds below and on the right', () => {
    const g = counting(1, 1, 2, 2);
    const w = array([1, 1, 2, 2], [1, 10, 100, 1000]);
    const cut: Window = { strides: [1, 1], pads: [1, 0, 0, 1] };
    expect(numbers((x, y) => convTranspose(x, y, cut, [0, 0]), g, w)).toEqual([103, 1234, 300, 3400]);
    const spread: Window = { strides: [3, 2], pads: [0, 0, 0, 0] };
    expect(run((x, y) => convTranspose(x, y, spread, [1, 1]), counting(1, 1, 1, 1), w)).toEqual(
      array([1, 1, 3, 3], [1, 10, 0, 100, 1000, 0, 0, 0, 0]),
    );
  });

  it('ConvTranspose: the weight is [in, out, height, width]', () => {
    const g = array([1, 2, 1, 1], [1, 2]);
    const w = array([2, 3, 1, 1], [1, 10, 100, 1000, 0, 5]);
    expect(run((x, y) => convTranspose(x, y, plain, [0, 0]), g, w)).toEqual(
      array([1, 3, 1, 1], [2001, 10, 110]),
    );
  });

  it('ConvWeightGrad: windows of x weighted by g', () => {
    const ones = array([1, 1, 2, 2], [1, 1, 1, 1]);
    // 1 + 2 + 4 + 5 = 12
    expect(numbers((x, g) => convWeightGrad(x, g, plain, [2, 2]), image, ones)).toEqual([12, 16, 24, 28]);
    // Samples add up: 1·10 + 3·1 = 13 for channel 0 of x, 2·10 + 4·1 = 24 for channel 1.
    const pixels = array([2, 2, 1, 1], [1, 2, 3, 4]);
    expect(run((x, g) => convWeightGrad(x, g, plain, [1, 1]), pixels, array([2, 1, 1, 1], [10, 1]))).toEqual(
      array([1, 2, 1, 1], [13, 24]),
    );
  });

  const random = (stream: string, ...shape: number[]): Array64 =>
    array(
      shape,
      normal(
        { seed: 5, stream },
        shape.reduce((product, dim) => product * dim, 1),
      ),
    );
  const dot = (a: Array64, b: Array64): number => {
    expect(a.shape).toEqual(b.shape);
    return a.data.reduce((sum, value, i) => sum + value * b.data[i], 0);
  };

  /** '23 55' is [[2, 3], [5, 5]]. */
  const pairsOf = (text: string) => text.split(' ').map((part) => [...part].map(Number) as [number, number]);

  it.each(pairsOf('11 22 33 21 13'))('are one form read three ways, strides %d and %d', (...strides) => {
    const allPads = pairsOf('0000 1111 0120 2013') as unknown as Window['pads'][];
    for (const kernelSize of pairsOf('11 22 33 55 32 15'))
      for (const pads of allPads)
        for (const size of pairsOf('55 86 79')) {
          const window: Window = { strides, pads };
          const small = convSize(size, kernelSize, window);
          const least = convTransposeSize(small, kernelSize, window, [0, 0]);
          const rest: [number, number] = [size[0] - least[0], size[1] - least[1]];
          const x = random('x', 2, 3, ...size);
          const w = random('w', 4, 3, ...kernelSize);
          const g = random('g', 2, 4, ...small);
          const y = run((a, b) => conv(a, b, window), x, w);
          const back = run((a, b) => convTranspose(a, b, window, rest), g, w);
          const weight = run((a, b) => convWeightGrad(a, b, window, kernelSize), x, g);
          const note = `kernel ${kernelSize} pads ${pads} size ${size}`;
          expect(Math.abs(dot(back, x) - dot(y, g)), note).toBeLessThan(1e-11);
          expect(Math.abs(dot(weight, w) - dot(y, g)), note).toBeLessThan(1e-11);
        }
  });
});
