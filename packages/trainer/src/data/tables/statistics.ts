import { sizeOf } from '../../graph/shape.js';
import { firstOutside } from '../first-outside.js';
import type { Table } from './table.js';

/** Numbers read at once. */
const BLOCK = 2 ** 18;

/** What the values of each dimension are like over the training items. */
export interface Statistics {
  readonly count: number;
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly mean: Float64Array;
  /** Standard deviation of the items themselves (divided by their number). */
  readonly std: Float64Array;
}

/** A value that is no finite number, or lies outside the range. */
export interface BadValue {
  readonly item: number;
  readonly dimension: number;
  readonly value: number;
}

export interface Scan {
  readonly statistics: Statistics;
  readonly first?: BadValue;
  /** Items with a bad value, in order. */
  readonly bad: readonly number[];
  /** How many bad values each dimension has. */
  readonly missing: Float64Array;
}

/**
 * Reads a table once from front to back. Mean and deviation are updated item by item, which stays exact where the mean is large
 * and the deviation small.
 *
 * @param isTest whether an item is left out of the statistics
 * @see Welford 1962, Technometrics 4 (3)
 */
export async function scan(
  table: Table,
  isTest: (index: number) => boolean,
  [low, high]: readonly [number, number],
  signal?: AbortSignal,
): Promise<Scan> {
  const width = sizeOf(table.itemShape);
  const sums = new Sums(width);
  const bad: number[] = [];
  const missing = new Float64Array(width);
  let first: BadValue | undefined;
  const rows = Math.max(1, Math.floor(BLOCK / width));
  const values = new Float32Array(rows * width);
  for (let start = 0; start < table.size; start += rows) {
    signal?.throwIfAborted();
    const indices = Array.from({ length: Math.min(rows, table.size - start) }, (_, i) => start + i);
    await table.read(indices, values);
    for (const [row, item] of indices.entries()) {
      const part = values.subarray(row * width, (row + 1) * width);
      const dimension = firstOutside(part, low, high);
      if (dimension >= 0) {
        first ??= { item, dimension, value: part[dimension] };
        bad.push(item);
        for (let d = dimension, next = 0; next >= 0; d += next + 1) {
          missing[d]++;
          next = firstOutside(part.subarray(d + 1), low, high);
        }
      } else if (!isTest(item)) sums.add(part);
    }
  }
  return { statistics: sums.finish(), first, bad, missing };
}

class Sums {
  private count = 0;
  private readonly min: Float64Array;
  private readonly max: Float64Array;
  private readonly mean: Float64Array;
  private readonly squares: Float64Array;

  constructor(width: number) {
    this.min = new Float64Array(width).fill(Number.POSITIVE_INFINITY);
    this.max = new Float64Array(width).fill(Number.NEGATIVE_INFINITY);
    this.mean = new Float64Array(width);
    this.squares = new Float64Array(width);
  }

  add(item: Float32Array): void {
    const { min, max, mean, squares } = this;
    const share = 1 / ++this.count;
    for (let d = 0; d < item.length; d++) {
      const value = item[d];
      if (value < min[d]) min[d] = value;
      if (value > max[d]) max[d] = value;
      const away = value - mean[d];
      mean[d] += away * share;
      squares[d] += away * (value - mean[d]);
    }
  }

  finish(): Statistics {
    const { count, min, max, mean } = this;
    return { count, min, max, mean, std: this.squares.map((sum) => Math.sqrt(sum / Math.max(1, count))) };
  }
}
