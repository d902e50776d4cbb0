/** Counts of values in bins of one width, from the lowest value to the highest. */
export interface Histogram {
  readonly min: number;
  readonly max: number;
  readonly count: number;
  readonly sum: number;
  readonly sumSquares: number;
  /** Upper ends of the bins; the last is `max`. */
  readonly limits: Float64Array;
  readonly counts: Float64Array;
}

const BINS = 50;

/**
 * Counts finite values; one bin where all are the same.
 *
 * @param values one or more
 * @example histogramOf([0, 1, 1]).counts.at(-1) // 2
 */
export function histogramOf(values: ArrayLike<number>): Histogram {
  let [min, max, sum, sumSquares] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
    sumSquares += value * value;
  }
  const bins = max > min ? BINS : 1;
  const counts = new Float64Array(bins);
  const scale = bins / (max - min || 1);
  for (let i = 0; i < values.length; i++) counts[Math.min(bins - 1, Math.floor((values[i] - min) * scale))]++;
  const limits = Float64Array.from(counts, (_, bin) =>
    bin === bins - 1 ? max : min + ((bin + 1) * (max - min)) / bins,
  );
  return { min, max, count: values.length, sum, sumSquares, limits, counts };
}
