import { normal } from '@vae/sdk/random';
import { describe, expect, it } from 'vitest';
import {
  conv,
  convSize,
  convTranspose,
  convTransposeSize,
  convWeightGrad,
  type Window,
} from '../../ops/index.js';
import type { Array64 } from './kernels.js';
import { array, counting, numbers, run } from './testing/run-op.js';

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
