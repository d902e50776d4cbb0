import * as v from 'valibot';
import type { Value } from '../graph/value.js';
import { add, div, sqrt, square, sub } from '../ops/index.js';

/** What is added to a variance, so that numbers that are all equal become 0. */
export const epsilonOption = v.optional(v.pipe(v.number(), v.minValue(1e-12), v.maxValue(1)), 1e-5);

/**
 * The two parts of (x − mean) / √(variance + ε), with the variance as the mean of (x − mean)²: as E[x²] − mean² it would
 * lose its digits in float32 where the mean is large.
 *
 * @param mean of a value of x's shape over the numbers that belong together, in a shape that broadcasts to x
 */
export function standardize(
  x: Value,
  mean: (value: Value) => Value,
  epsilon: number,
): { readonly centered: Value; readonly rate: Value } {
  const centered = sub(x, mean(x));
  return { centered, rate: div(1, sqrt(add(mean(square(centered)), epsilon))) };
}
