import * as v from 'valibot';
import type { Window } from '../ops/conv.js';
import { positiveInteger, wholeNumber, windowSize } from './layer.js';

/** One number for both directions, or [height, width]. */
export const pairOf = <S extends v.GenericSchema<number, number>>(number: S) =>
  v.union([number, v.strictTuple([number, number])], 'a number, or [height, width]');

/** Options that convolutions share. */
export const windowOptions = {
  /** `"channels"` means as many as the data has. */
  filters: v.union([positiveInteger, v.literal('channels')]),
  kernel: pairOf(windowSize),
  stride: v.optional(pairOf(windowSize), 1),
  /** `"same"`, `"valid"`, one number for all sides, or [top, left, bottom, right]. */
  padding: v.optional(
    v.union(
      [
        v.picklist(['same', 'valid']),
        wholeNumber,
        v.strictTuple([wholeNumber, wholeNumber, wholeNumber, wholeNumber]),
      ],
      '"same", "valid", a number, or [top, left, bottom, right]',
    ),
    'valid',
  ),
};

export type Padding = 'same' | 'valid' | number | readonly [number, number, number, number];
type Pair = readonly [number, number];

export const asPair = (value: number | Pair): Pair => (typeof value === 'number' ? [value, value] : value);

/** `total` rows or columns of zeros, the odd one after the image, as TensorFlow's SAME has it. */
const split = (totals: readonly number[]): Window['pads'] => {
  const [top, left] = totals.map((total) => Math.floor(total / 2));
  return [top, left, totals[0] - top, totals[1] - left];
};

const explicit = (padding: Exclude<Padding, string>): Window['pads'] =>
  typeof padding === 'number' ? [padding, padding, padding, padding] : padding;

/** Pads of a convolution over an image; `same` keeps ceil(size / stride) rows and columns. */
export function convPads(
  padding: Padding,
  size: readonly number[],
  kernel: Pair,
  strides: Pair,
): Window['pads'] {
  if (padding === 'valid') return [0, 0, 0, 0];
  if (padding !== 'same') return explicit(padding);
  return split(
    size.map((extent, i) =>
      Math.max((Math.ceil(extent / strides[i]) - 1) * strides[i] + kernel[i] - extent, 0),
    ),
  );
}

/**
 * Pads and output padding of a transposed convolution; `same` gives size · stride rows and columns, `valid` all
 * that the windows reach, at least size · stride.
 */
export function convTransposePads(
  padding: Padding,
  kernel: Pair,
  strides: Pair,
): { pads: Window['pads']; outputPadding: Pair } {
  const missing = strides.map((stride, i) => Math.max(stride - kernel[i], 0)) as unknown as Pair;
  if (padding === 'valid') return { pads: [0, 0, 0, 0], outputPadding: missing };
  if (padding !== 'same') return { pads: explicit(padding), outputPadding: [0, 0] };
  return { pads: split(kernel.map((extent, i) => Math.max(extent - strides[i], 0))), outputPadding: missing };
}
