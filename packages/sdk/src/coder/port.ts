import { VaeError } from '../errors.js';
import type { Port } from '../model.js';
import type { TensorLike } from '../runtime/types.js';
import { show, sizeOf, type Tensor, zeros } from '../tensor.js';

/**
 * The value that a port stands for, out of what the graph gave: the right half where two lie side by side, mapped
 * and limited.
 *
 * @throws VaeError "bad-model" when the graph gave another shape than it declares
 */
export function readPort(given: TensorLike, port: Port, at: { rows: number; where: string }): Tensor {
  const value = { data: given.data as Float32Array, shape: given.shape };
  const half = port.part ? takeHalf(value, port.part.axis + 1, port.part.half, at.where) : value;
  const expected = [at.rows, ...(port.given ?? port.item)];
  const fits =
    half.shape.length === expected.length &&
    expected.every((size, i) => size === -1 || size === half.shape[i]);
  if (!fits) {
    throw new VaeError(
      'bad-model',
      `${at.where}: output '${port.output}' is ${show(given.shape)}, expected ${show(expected)}` +
        `${port.part ? ' twice' : ''}.`,
    );
  }
  const { map, clamp } = port;
  const mapped = map ? half.data.map(maps[map]) : half.data;
  const data = clamp ? mapped.map((element) => Math.min(clamp[1], Math.max(clamp[0], element))) : mapped;
  return { data, shape: port.given ? [at.rows, ...port.item] : half.shape };
}

const maps = {
  sigmoid: (logit: number) => 1 / (1 + Math.exp(-logit)),
  'log-square': (deviation: number) => 2 * Math.log(deviation),
  double: (logDeviation: number) => 2 * logDeviation,
  log: Math.log,
  // Softplus in a form that does not overflow.
  oobleck: (scale: number) =>
    2 * Math.log(Math.max(scale, 0) + Math.log1p(Math.exp(-Math.abs(scale))) + 1e-4),
};

/** The first or second half along an axis. */
function takeHalf({ data, shape }: Tensor, axis: number, half: 0 | 1, where: string): Tensor {
  const size = (shape[axis] ?? 0) / 2;
  if (!Number.isInteger(size)) {
    throw new VaeError(
      'bad-model',
      `${where}: an output of shape ${show(shape)} is not two halves along axis ${axis}.`,
    );
  }
  const inner = sizeOf(shape.slice(axis + 1), where) * size;
  const halved = shape.map((length, i) => (i === axis ? size : length));
  const result = zeros(halved, where);
  for (let at = 0; at < result.length; at += inner) {
    const from = 2 * at + half * inner;
    result.set(data.subarray(from, from + inner), at);
  }
  return { data: result, shape: halved };
}
