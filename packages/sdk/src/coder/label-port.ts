import { VaeError } from '../errors.js';
import type { HalfName, LabelSpec } from '../model.js';
import type { SessionArray, TensorInfo } from '../runtime/types.js';
import { show } from '../tensor.js';
import type { Batch } from './half.js';
import { classesText, type Labels } from './labels.js';

/** The input for labels of a loaded graph. */
export interface LabelPort extends LabelHalf {
  readonly info: TensorInfo;
  /** Numbers per item: 1 for the number of a class, else one-hot or a vector of conditions. */
  readonly width: number;
}

type Numbers = ArrayLike<number> & Iterable<number>;

/** How numbers become what a graph takes, by the type of its elements. */
const arrays: Readonly<Record<string, (numbers: Numbers) => SessionArray>> = {
  int64: (numbers) => BigInt64Array.from(numbers, BigInt),
  int32: (numbers) => Int32Array.from(numbers),
  float32: (numbers) => Float32Array.from(numbers),
  float16: (numbers) => Float32Array.from(numbers),
};

const isWhole = ({ dtype }: TensorInfo): boolean => dtype.startsWith('int');

/** Whose input for labels is looked at. */
export interface LabelHalf {
  readonly half: HalfName;
  /** What errors call the graph. */
  readonly where: string;
  readonly labels: LabelSpec;
}

/**
 * How a loaded graph takes labels: [N] or [N, 1] numbers of classes, or [N, K] one-hot or vectors of conditions.
 *
 * @param name of the input
 * @returns undefined for an encoder without it
 * @throws VaeError "bad-model" for a graph that takes them otherwise, or has classes of another number than is said
 */
export function labelPortOf(
  inputs: readonly TensorInfo[],
  name: string,
  of: LabelHalf,
): LabelPort | undefined {
  const { half, where, labels } = of;
  const info = inputs.find((input) => input.name === name);
  if (!info && half === 'encoder') return undefined;
  if (!info) {
    const has = inputs.map((input) => `'${input.name}'`).join(', ');
    throw new VaeError(
      'bad-model',
      `${where}: a conditional model's decoder needs an input '${name}', the graph has ${has}.`,
    );
  }
  const { dtype, dims } = info;
  if (!Object.hasOwn(arrays, dtype) || dims.length > 2) {
    throw new VaeError(
      'bad-model',
      `${where}: input '${name}' is ${dtype} ${show(dims)}, expected numbers of classes, int64 [N], or float32 [N, K].`,
    );
  }
  const width = widthOf(info, labels);
  if (width > 1 && labels.count !== undefined && width !== labels.count) {
    throw new VaeError(
      'bad-model',
      `${where}: input '${name}' takes ${width} numbers per item, but there are ${labels.count} classes.`,
    );
  }
  return { info, width, ...of };
}

/** What a graph leaves open is one number per item where these are whole, else one per class. */
function widthOf(info: TensorInfo, { count = 1 }: LabelSpec): number {
  const [, size] = info.dims;
  if (info.dims.length < 2) return 1;
  if (typeof size === 'number' && size > 0) return size;
  return isWhole(info) ? 1 : count;
}

/**
 * What goes in beside a batch: labels as the graph takes them, of zeros where a run is filled up.
 *
 * @throws VaeError "bad-option" for no labels, vectors of another length, and numbers that are not whole where the graph
 * takes whole ones
 */
export function besideOf(port: LabelPort, labels: Labels | undefined): NonNullable<Batch['beside']> {
  if (!labels) throw missingLabel(port);
  const { info, width } = port;
  const { values, count } = labels;
  if (labels.width !== undefined) assertVectors(labels, port);
  const oneHot = labels.width === undefined && width > 1;
  return ({ from, to }, size) => {
    const numbers = new Float64Array(size * width);
    for (let item = 0; item < to - from; item++) {
      const row = count === undefined ? 0 : from + item;
      if (oneHot) numbers[item * width + values[row]!] = 1;
      else for (let i = 0; i < width; i++) numbers[item * width + i] = values[row * width + i]!;
    }
    const shape = info.dims.length < 2 ? [size] : [size, width];
    return { [info.name]: { data: arrays[info.dtype]!(numbers), shape } };
  };
}

function missingLabel({ where, half, labels }: LabelPort): VaeError {
  const from =
    half === 'encoder' ? "; of data that are encoded for another verb, with from: 'data', fromLabel" : '';
  return new VaeError(
    'bad-option',
    `${where}: the ${half} is conditioned on labels and got none; pass label (to a command, --label${from}), one for all items or one for each: ` +
      `${classesText(labels)}.`,
  );
}

function assertVectors(labels: Labels, { info, width, where }: LabelPort): void {
  const whole = isWhole(info);
  const classOnly = whole && width === 1;
  const broken = whole && Array.from(labels.values).some((value) => value % 1 !== 0);
  if (labels.width === width && !classOnly && !broken) return;
  const expected = classOnly ? 'the number of a class' : `${width} ${whole ? 'whole ' : ''}numbers`;
  throw new VaeError(
    'bad-option',
    `${where}: a label of ${labels.width} numbers per item came for input '${info.name}', expected ${expected}.`,
  );
}
