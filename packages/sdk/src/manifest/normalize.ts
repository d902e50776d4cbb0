/** How the values of data became a model's: x = (value - offset) / scale, then cut off at `clip`. */
export interface Normalization {
  /** One number per number of an item. */
  readonly offset: readonly number[];
  /** As many; 0 for what never changed while training. */
  readonly scale: readonly number[];
  /** x below the first or above the second becomes that; nothing is cut off when left out. */
  readonly clip?: readonly [low: number, high: number];
}

/**
 * Values in the data's own units as a model takes them: x = clip((value - offset) / scale), computed in double
 * precision and rounded to float32 once, as training does. Where the scale is 0, x is 0 whatever the value.
 *
 * @param values items one after the other, of as many numbers as there are offsets
 * @returns as many values, in memory of their own
 * @example normalized(Float32Array.of(5, 70), { offset: [0, 60], scale: [10, 20] }) // 0.5, 0.5
 */
export function normalized(values: Float32Array, { offset, scale, clip }: Normalization): Float32Array {
  const [low, high] = clip ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  return eachDimension(values, offset.length, (value, d) => {
    const x = scale[d] === 0 ? 0 : (value - offset[d]!) / scale[d]!;
    return Math.min(high, Math.max(low, x));
  });
}

/**
 * The inverse: a model's values in the data's own units, x * scale + offset. What was cut off does not come back, and
 * what never changed while training is its offset.
 *
 * @param values items one after the other, of as many numbers as there are offsets
 * @returns as many values, in memory of their own
 * @example denormalized(Float32Array.of(0.5, 0.5), { offset: [0, 60], scale: [10, 20] }) // 5, 70
 */
export function denormalized(values: Float32Array, { offset, scale }: Normalization): Float32Array {
  return eachDimension(values, offset.length, (x, d) => x * scale[d]! + offset[d]!);
}

function eachDimension(
  values: Float32Array,
  dimensions: number,
  change: (value: number, dimension: number) => number,
): Float32Array {
  const result = new Float32Array(values.length);
  for (let i = 0, d = 0; i < values.length; i++) {
    result[i] = change(values[i]!, d);
    d = d + 1 === dimensions ? 0 : d + 1;
  }
  return result;
}
