/** The largest finite float32. */
const LARGEST = 3.4028234663852886e38;

/** The limits of numbers of any size. */
export const ANY_FINITE = [-LARGEST, LARGEST] as const;

/**
 * Place of the first value outside the limits, which NaN and infinities always are; −1 for none. A limit such as 0.1 is
 * rounded as the values were.
 */
export function firstOutside(values: Float32Array, low: number, high: number): number {
  const [least, most] = [Math.max(Math.fround(low), -LARGEST), Math.min(Math.fround(high), LARGEST)];
  // A callback for each value would take several times as long.
  for (let i = 0; i < values.length; i++) {
    // Written so that NaN is found too.
    if (!(values[i] >= least && values[i] <= most)) return i;
  }
  return -1;
}
