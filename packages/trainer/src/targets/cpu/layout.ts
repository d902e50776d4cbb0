import { isStatic, type Shape, sizeOf } from '../../graph/shape.js';

/** Axes of a value in the order in which a file has them: axis i of the file is axis `order[i]` of the value. */
export type Order = readonly number[];

/**
 * Maps of images may carry one pixel more behind the last one of every channel. Taps of a window that fall outside
 * the image read it where it is `zeros`, and write to it where nobody reads it (`anything`).
 */
export type Spare = 'none' | 'zeros' | 'anything';

/** One way in which the file has a value. */
export interface Holding {
  readonly name: string;
  /** Extents that the file declares: those below, neighbours taken together in any way. */
  readonly dims: readonly number[];
  readonly order: Order;
  /**
   * Extents in the file's order; 1 along an axis on which the value only repeats itself. With a spare pixel they are
   * [C, H·W + 1, N].
   */
  readonly extents: readonly number[];
  readonly spare: Spare;
}

export const plainOrder = (rank: number): Order => Array.from({ length: rank }, (_, axis) => axis);

/** [N, d1, d2, …] as [d1, d2, …, N] */
export const samplesLast = (rank: number): Order =>
  Array.from({ length: rank }, (_, axis) => (axis + 1) % rank);

/** True for [N, …] and [3N, …] with all other extents known: samples, or several rows for each. */
export const hasSamples = (shape: Shape): boolean => typeof shape[0] === 'string' && isStatic(shape.slice(1));

/** The order in which the rows of this target compute with a value of that shape. */
export const usualOrder = (shape: Shape): Order =>
  hasSamples(shape) ? samplesLast(shape.length) : plainOrder(shape.length);

export const sameList = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((item, i) => item === b[i]);

export const permuted = <Item>(items: readonly Item[], order: Order): Item[] =>
  order.map((axis) => items[axis]);

/** True where changing the order of the axes moves no number: only axes of extent 1 change places. */
export const isView = (extents: readonly number[], positions: readonly number[]): boolean => {
  const moving = positions.filter((position) => extents[position] !== 1);
  return moving.every((position, i) => i === 0 || moving[i - 1] < position);
};

/** A change of the order of axes: the extents before, and where each axis of the result comes from. */
interface Permutation {
  readonly sizes: readonly number[];
  readonly perm: number[];
}

/**
 * A change of order with neighbours that stay neighbours as one axis. [N, C, H, W] to [C, H, W, N] is [N, C·H·W] to
 * [C·H·W, N].
 */
export function together(extents: readonly number[], positions: readonly number[]): Permutation {
  const runs: number[][] = [];
  for (const position of positions) {
    const last = runs.at(-1);
    if (last && last.at(-1) === position - 1) last.push(position);
    else runs.push([position]);
  }
  const before = runs.toSorted(([a], [b]) => a - b);
  return {
    sizes: before.map((run) => sizeOf(permuted(extents, run))),
    perm: runs.map((run) => before.indexOf(run)),
  };
}

/**
 * The same for a kernel. Where that is a plain transposition it is one of a stack of one matrix, with Reshapes around it:
 * else ONNX Runtime takes it into the product in front of it or behind it, which then packs the windows instead of the
 * kernel. That made runs up to a tenth slower.
 */
export function apart(permutation: Permutation): Permutation {
  const { sizes, perm } = permutation;
  return sizes.length === 2
    ? { sizes: [1, ...sizes], perm: [0, ...perm.map((axis) => axis + 1)] }
    : permutation;
}
