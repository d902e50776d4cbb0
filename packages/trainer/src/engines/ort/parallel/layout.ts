import type { Tensor } from '@vae/sdk/media';
import { sizeOf } from '../../../graph/shape.js';

/**
 * An array with its axes in another order.
 *
 * @param axes axis i of the result is axis `axes[i]` of `data`
 * @returns the data itself where the order is the same
 * @example permute(Float32Array.of(1, 2, 3, 4), [2, 2], [1, 0]) // 1 3 2 4
 */
export function permute(data: Float32Array, shape: readonly number[], axes: readonly number[]): Float32Array {
  if (axes.every((axis, i) => axis === i)) return data;
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const [extents, steps] = [axes.map((axis) => shape[axis]), axes.map((axis) => strides[axis])];
  // The last axis in a loop of its own: the others turn over seldom.
  const [length, step] = [extents.pop()!, steps.pop()!];
  const out = new Float32Array(data.length);
  const at = new Array<number>(extents.length).fill(0);
  let start = 0;
  for (let to = 0; to < out.length; ) {
    for (let i = 0, from = start; i < length; i++, from += step) out[to++] = data[from];
    for (let axis = extents.length - 1; axis >= 0; axis--) {
      start += steps[axis];
      if (++at[axis] < extents[axis]) break;
      start -= extents[axis] * steps[axis];
      at[axis] = 0;
    }
  }
  return out;
}

/** A tensor's data as a file with its axes in the order `axes` has them. */
export const toFile = ({ data, shape }: Tensor, axes: readonly number[] | undefined): Float32Array =>
  axes === undefined ? data : permute(data, shape, axes);

/** A file's data as the tensor of `shape` has them. */
export function fromFile(
  data: Float32Array,
  shape: readonly number[],
  axes: readonly number[] | undefined,
): Float32Array {
  if (axes === undefined) return data;
  const inFile = axes.map((axis) => shape[axis]);
  return permute(
    data,
    inFile,
    shape.map((_, axis) => axes.indexOf(axis)),
  );
}
