import { describe, expect, it } from 'vitest';
import type { Shape } from '../graph/shape.js';
import { input, type Value } from '../graph/value.js';
import { conv, convSize, convTranspose, convTransposeSize, convWeightGrad, type Window } from './conv.js';

const of = (...shape: Shape) => input('x', 'data', shape, 'Anything.');
const plain: Window = { strides: [1, 1], pads: [0, 0, 0, 0] };
const halving: Window = { strides: [2, 2], pads: [1, 1, 1, 1] };

describe('sizes', () => {
  // floor((size + pads − kernel) / stride) + 1
  it.each<[number[], number[], Window, number[]]>([
    [[28, 28], [3, 3], halving, [14, 14]],
    [[7, 7], [3, 3], halving, [4, 4]],
    [[6, 5], [3, 2], plain, [4, 4]],
    [[8, 7], [5, 1], { strides: [3, 2], pads: [0, 1, 2, 0] }, [2, 4]],
    [[1, 1], [1, 1], plain, [1, 1]],
  ])('%s under %s, %o, is %s', (size, kernel, window, expected) => {
    expect(convSize(size, kernel, window)).toEqual(expected);
  });

  // (size − 1) · stride + kernel − pads + output padding
  it.each<[number[], number[], Window, number[], number[]]>([
    [[14, 14], [3, 3], halving, [1, 1], [28, 28]],
    [[7, 7], [4, 4], halving, [0, 0], [14, 14]],
    [[2, 3], [5, 1], { strides: [3, 2], pads: [0, 1, 2, 0] }, [2, 1], [8, 5]],
  ])('%s from %s, %o, output padding %s, is %s', (size, kernel, window, padding, expected) => {
    expect(convTransposeSize(size, kernel, window, padding)).toEqual(expected);
  });

  it('are those of the values', () => {
    expect(conv(of('N', 2, 28, 7), of(4, 2, 3, 3), halving).shape).toEqual(['N', 4, 14, 4]);
    expect(convTranspose(of('N', 4, 14, 4), of(4, 2, 3, 3), halving, [1, 0]).shape).toEqual(['N', 2, 28, 7]);
    expect(convWeightGrad(of('N', 2, 28, 7), of('N', 4, 14, 4), halving, [3, 3]).shape).toEqual([4, 2, 3, 3]);
  });
});

describe('what does not fit is refused', () => {
  it.each<[() => Value, string]>([
    [() => conv(of('N', 3, 8, 8), of(4, 1, 3, 3), plain), 'Conv: input has 3 channels, weight expects 1.'],
    [
      () => conv(of('N', 3), of(4, 3, 3, 3), plain),
      'Conv: needs four axes with known height and width, got [N, 3].',
    ],
    [
      () => conv(of(2, 3, 'N', 8), of(4, 3, 3, 3), plain),
      'Conv: needs four axes with known height and width, got [2, 3, N, 8].',
    ],
    [
      () => conv(of('N', 1, 4, 2), of(4, 1, 5, 3), plain),
      'Conv: a 5×3 window leaves nothing of [N, 1, 4, 2]. Use a smaller kernel or more padding.',
    ],
    [
      () => convTranspose(of('N', 3, 8, 8), of(4, 1, 3, 3), plain, [0, 0]),
      'ConvTranspose: input has 3 channels, weight expects 4.',
    ],
    [
      () => convTranspose(of('N', 3, 8, 8, 1), of(3, 1, 3, 3), plain, [0, 0]),
      'ConvTranspose: needs four axes with known height and width, got [N, 3, 8, 8, 1].',
    ],
    [
      () => convTranspose(of('N', 3, 8, 8), of(3, 1, 3, 3), halving, [0, 2]),
      'ConvTranspose: output padding [0,2] must be below the stride [2,2].',
    ],
    [
      () => convTranspose(of('N', 3, 8, 8), of(3, 1, 3, 3), halving, [-1, 0]),
      'ConvTranspose: output padding [-1,0] must be below the stride [2,2].',
    ],
    [
      () => convTranspose(of('N', 3, 1, 1), of(3, 1, 2, 2), halving, [0, 0]),
      'ConvTranspose: a 2×2 window leaves nothing of [N, 3, 1, 1]. Use a smaller kernel or more padding.',
    ],
    [
      () => convWeightGrad(of('N', 3, 8, 8), of('N', 2, 5, 6), plain, [3, 3]),
      'ConvWeightGrad: [N, 2, 5, 6] is not a result for [N, 3, 8, 8].',
    ],
    [
      () => convWeightGrad(of('N', 3, 8, 8), of('2N', 2, 6, 6), plain, [3, 3]),
      'ConvWeightGrad: [2N, 2, 6, 6] is not a result for [N, 3, 8, 8].',
    ],
    [
      () => convWeightGrad(of('N', 3, 8, 8), of('N', 2), plain, [3, 3]),
      'ConvWeightGrad: needs four axes with known height and width, got [N, 2].',
    ],
  ])('%#', (write, message) => {
    expect(write).toThrow(expect.objectContaining({ name: 'TrainerError', code: 'bad-shape', message }));
  });
});
