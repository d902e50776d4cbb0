import { evaluate } from '../engines/reference/index.js';
import { buildGraph } from '../graph/graph.js';
import type { Value } from '../graph/value.js';

/** The numbers of one value in float64, its inputs fed by name. */
export function numbersOf(
  value: Value,
  feeds: Readonly<Record<string, ArrayLike<number>>> = {},
  batch = 1,
): number[] {
  return [...evaluate(buildGraph('value', { value }), feeds, batch).value.data];
}

/** Largest |found − expected| / max(1, |expected|); infinite for NaN and for different lengths. */
export function difference(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Number.POSITIVE_INFINITY;
  return Array.from(expected).reduce((largest, value, i) => {
    const distance = found[i] === value ? 0 : Math.abs(found[i] - value) / Math.max(1, Math.abs(value));
    return Number.isNaN(distance) ? Number.POSITIVE_INFINITY : Math.max(largest, distance);
  }, 0);
}
