import type { Tensor } from '@vae/sdk/media';

/** How many numbers an array of that shape holds. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Numbers in one item, that is without the first axis. */
export function itemSize({ shape }: Tensor): number {
  return sizeOf(shape.slice(1));
}

/** Items `from` to `to` (excluded) along the first axis; shares memory. */
export function slice(tensor: Tensor, from: number, to: number): Tensor {
  const size = itemSize(tensor);
  return {
    data: tensor.data.subarray(from * size, to * size),
    shape: [Math.min(to, tensor.shape[0]) - from, ...tensor.shape.slice(1)],
  };
}

/** The items of all tensors, one after the other along the first axis. */
export function concatenate(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors;
  if (first === undefined) throw new Error('concatenate: no tensors.');
  if (tensors.length === 1) return first;
  const data = new Float32Array(tensors.reduce((sum, tensor) => sum + tensor.data.length, 0));
  let at = 0;
  for (const tensor of tensors) {
    data.set(tensor.data, at);
    at += tensor.data.length;
  }
  const count = tensors.reduce((sum, tensor) => sum + tensor.shape[0], 0);
  return { data, shape: [count, ...first.shape.slice(1)] };
}

/** The numbers of one item in the fewest digits that give the same float32 back. */
export function rowOf(tensor: Tensor, row: number): number[] {
  const size = itemSize(tensor);
  return Array.from(tensor.data.subarray(row * size, (row + 1) * size), shortest);
}

function shortest(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}
