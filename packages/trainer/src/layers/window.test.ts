import { describe, expect, it } from 'vitest';
import { convSize, convTransposeSize } from '../ops/index.js';
import { convPads, convTransposePads } from './window.js';

const sizes = [1, 2, 5, 7, 14, 28];
const kernels = [1, 2, 3, 4, 5];
const strides = [1, 2, 3];
const cases = sizes.flatMap((size) =>
  kernels.flatMap((kernel) => strides.map((stride) => ({ size, kernel, stride }))),
);
const twice = (n: number) => [n, n] as const;

describe('the pads of a convolution', () => {
  it('same: keep ceil(size / stride), the odd row at the end', () => {
    for (const { size, kernel, stride } of cases) {
      const pads = convPads('same', twice(size), twice(kernel), twice(stride));
      const out = convSize(twice(size), twice(kernel), { strides: twice(stride), pads });
      expect(out).toEqual(twice(Math.ceil(size / stride)));
      expect([0, 1]).toContain(pads[2] - pads[0]);
      // No more than what the last window needs: pads of 0 unless a row less would lose it.
      if (pads[2] > 0) expect((out[0] - 1) * stride + kernel).toBe(size + pads[0] + pads[2]);
    }
  });

  it('valid: none; a number: all sides; four numbers: top, left, bottom, right', () => {
    expect(convPads('valid', [9, 9], [3, 3], [2, 2])).toEqual([0, 0, 0, 0]);
    expect(convPads(2, [9, 9], [3, 3], [2, 2])).toEqual([2, 2, 2, 2]);
    expect(convPads([1, 2, 3, 4], [9, 9], [3, 3], [2, 2])).toEqual([1, 2, 3, 4]);
  });

  it('same: works each direction out on its own', () => {
    expect(convPads('same', [5, 8], [2, 5], [1, 3])).toEqual([0, 1, 1, 2]);
  });
});

describe('the pads of a transposed convolution', () => {
  const sizeOf = (
    padding: Parameters<typeof convTransposePads>[0],
    size: number,
    kernel: number,
    stride: number,
  ) => {
    const { pads, outputPadding } = convTransposePads(padding, twice(kernel), twice(stride));
    return convTransposeSize(twice(size), twice(kernel), { strides: twice(stride), pads }, outputPadding)[0];
  };

  it('same: size · stride, as TensorFlow has it', () => {
    for (const { size, kernel, stride } of cases)
      expect(sizeOf('same', size, kernel, stride)).toBe(size * stride);
  });

  it('valid: size · stride + max(kernel − stride, 0), as TensorFlow has it', () => {
    for (const { size, kernel, stride } of cases)
      expect(sizeOf('valid', size, kernel, stride)).toBe(size * stride + Math.max(kernel - stride, 0));
  });

  it('a number: (size − 1) · stride + kernel − 2p, as PyTorch has it', () => {
    for (const { size, kernel, stride } of cases)
      expect(sizeOf(1, size, kernel, stride)).toBe((size - 1) * stride + kernel - 2);
  });
});
