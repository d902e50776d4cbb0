import { VaeError } from './errors.js';
import type { Port } from './model.js';
import type { TensorLike } from './runtime/index.js';
import { show, type Tensor } from './tensor.js';

/**
 * The value that a port stands for, out of what the graph gave: the right half where two lie side by side, mapped
 * and limited.
 *
 * @throws VaeError "bad-model" when the graph gave another shape than it declares
 */
export function readPort(given: TensorLike, port: Port, at: { rows: number; where: string }): Tensor {
  const value = { data: given.data as Float32Array, shape: given.shape };
  const half = port.part ? takeHalf(value, port.part.axis + 1, port.part.half) : value;
  const fits =
    half.shape.length === port.item.length + 1 &&
    half.shape[0] === at.rows &&
    port.item.every((size, i) => size === -1 || size === half.shape[i + 1]);
  if (!fits) {
    throw new VaeError(
      'bad-model',
      `${at.where}: output '${port.output}' is ${show(given.shape)}, expected ${show([at.rows, ...port.item])}` +
        `${port.part ? ' twice' : ''}.`,
    );
  }
  if (!port.map && !port.clamp) return half;
  const [low, high] = port.clamp ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const map = port.map ? maps[port.map] : (value: number) => value;
  return { data: half.data.map((element) => Math.min(high, Math.max(low, map(element)))), shape: half.shape };
}

const maps = {
  sigmoid: (logit: number) => 1 / (1 + Math.exp(-logit)),
  'log-square': (deviation: number) => 2 * Math.log(deviation),
  double: (logDeviation: number) => 2 * logDeviation,
  log: Math.log,
};

/** The first or second half along an axis. */
function takeHalf({ data, shape }: Tensor, axis: number, half: 0 | 1): Tensor {
  const size = Math.floor((shape[axis] ?? 0) / 2);
  const inner = shape.slice(axis + 1).reduce((product, length) => product * length, 1) * size;
  const outer = shape.slice(0, axis).reduce((product, length) => product * length, 1);
  const result = new Float32Array(outer * inner);
  for (let i = 0; i < outer; i++) {
    const from = (2 * i + half) * inner;
    result.set(data.subarray(from, from + inner), i * inner);
  }
  return { data: result, shape: shape.map((length, i) => (i === axis ? size : length)) };
}
