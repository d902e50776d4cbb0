import type { Window } from '../../../ops/index.js';
import { type Holding, type Order, permuted, plainOrder, samplesLast } from '../layout.js';
import type { Lowering } from '../lowering.js';
import { areaOf, weightDims } from './cover.js';
import type { MapTask } from './maps.js';

/** With that many channels for every filter, products added onto pixels take less time than windows of all channels. */
const MANY_CHANNELS = 4;

/** Numbers of a matrix of windows that the weight gradient still finds in the cache. */
const KEPT_WINDOWS = 2 ** 19;

/** Rows and columns of zeros around maps: above, left, below, right. */
type Pads = readonly [number, number, number, number];

const windowOf = ({ node }: MapTask): Window => node.attributes as Window;
const isForward = ({ node }: MapTask): boolean => node.op.name === 'Conv';

/** The pads with which a convolution computes what the transpose of one of stride 1 does. */
function transposedPads(task: MapTask): Pads {
  const { node, maps, weight } = task;
  const [top, left] = windowOf(task).pads;
  const kernel = weight.shape.slice(2) as number[];
  const before = [kernel[0] - 1 - top, kernel[1] - 1 - left];
  const after = [0, 1].map((axis) => {
    const grown = (node.shape[2 + axis] as number) - (maps.shape[2 + axis] as number);
    return grown + kernel[axis] - 1 - before[axis];
  });
  return [...before, ...after] as [number, number, number, number];
}

const padsOf = (task: MapTask): Pads =>
  (isForward(task) ? windowOf(task).pads : transposedPads(task)) as Pads;

/** True for what one convolution of the runtime can compute, in less time than a product and its sum take on wide maps. */
export function isConvolution(task: MapTask): boolean {
  const { node, maps, cover } = task;
  if (areaOf(cover.kernel) === 1) return false;
  if (areaOf(windowOf(task).strides) > 1) return isForward(task);
  const [filters, channels] = [node.shape[1] as number, maps.shape[1] as number];
  return MANY_CHANNELS * filters >= channels && padsOf(task).every((pad) => pad >= 0);
}

/**
 * True where such a convolution pays: always at stride 1, else where the windows that a product would leave behind for
 * the weight gradient are more than the caches keep.
 */
export function isDirect({ holdings }: Lowering, task: MapTask): boolean {
  if (!isConvolution(task)) return false;
  if (areaOf(windowOf(task).strides) === 1) return true;
  const [samples] = holdings.resolve(task.maps.shape);
  const [window] = weightDims(task.cover, holdings.resolve(task.weight.shape));
  return window * areaOf(task.cover.sizeB) * samples > KEPT_WINDOWS;
}

/** Weights [M, C, h, w] as [filters, channels, h, w]. */
export const kernelOrder = (task: MapTask): Order => (isForward(task) ? plainOrder(4) : [1, 0, 2, 3]);

/** Weights as [filters, channels, taps]; of a transpose, whose windows are read backwards, the last tap first. */
function kernelOf({ holdings, emit }: Lowering, task: MapTask): Pick<Holding, 'name' | 'dims'> {
  const order = kernelOrder(task);
  const [filters, channels, ...window] = permuted(holdings.resolve(task.weight.shape), order);
  const taps = window[0] * window[1];
  const dims = [filters, channels, taps];
  const name = holdings.viewed(task.weight, order, dims);
  if (isForward(task)) return { name, dims };
  const backwards = [[-1], [-taps - 1], [2], [-1]].map((list) => emit.ints(list));
  return { name: emit.node('Slice', [name, ...backwards]), dims };
}

/** How one operator reads maps [C, H, W, N] of all samples. */
interface Form {
  readonly dims: (channels: number, height: number, width: number) => number[];
  readonly kernel: readonly number[];
  readonly attributes: Readonly<Record<string, number[]>>;
}

/** Samples as part of the columns: a kernel that takes every N-th number meets the same sample of neighbouring pixels. */
const inColumns = (task: MapTask, samples: number): Form => {
  const [top, left, bottom, right] = padsOf(task);
  return {
    dims: (channels, height, width) => [1, channels, height, width * samples],
    kernel: task.cover.kernel,
    attributes: {
      strides: [...windowOf(task).strides],
      dilations: [1, samples],
      pads: [top, left * samples, bottom, right * samples],
    },
  };
};

/** Samples as a third axis, which a stride along the columns needs. */
const inDepth = (task: MapTask, samples: number): Form => {
  const [top, left, bottom, right] = padsOf(task);
  return {
    dims: (channels, height, width) => [1, channels, height, width, samples],
    kernel: [...task.cover.kernel, 1],
    attributes: { strides: [...windowOf(task).strides, 1], pads: [top, left, 0, bottom, right, 0] },
  };
};

/** A convolution, or the transpose of one of stride 1, as one operator over all samples, the innermost axis. */
export function convolve(lowering: Lowering, task: MapTask): Holding {
  const { holdings, emit } = lowering;
  const { node, maps, bias } = task;
  const [samples, channels, height, width] = holdings.resolve(maps.shape);
  const form = (windowOf(task).strides[1] === 1 ? inColumns : inDepth)(task, samples);
  const kernel = kernelOf(lowering, task);
  const [filters] = kernel.dims;
  const operands = [
    holdings.viewed(maps, samplesLast(4), form.dims(channels, height, width)),
    holdings.view(kernel, [filters, channels, ...form.kernel]),
  ];
  if (bias) operands.push(holdings.view(holdings.usual(bias), [filters]));
  const name = emit.node('Conv', operands, { kernel_shape: form.kernel, ...form.attributes });
  const order = samplesLast(4);
  const extents = permuted(holdings.resolve(node.shape), order);
  return { name, dims: form.dims(filters, extents[1], extents[2]), order, extents, spare: 'none' };
}
