import type { Shape } from '../../graph/shape.js';
import { convTransposeSize, type Window } from '../../ops/conv.js';
import { type Attributes, type Emitter, FLOAT, INT, stridedSlice } from './emitter.js';
import { CHANNELS_LAST, FILTER, type Order } from './forms.js';
import type { Row } from './rows.js';

type Pads = Window['pads'];
type Pair = readonly [number, number];

const NONE: Pads = [0, 0, 0, 0];
const noPads = (pads: Pads): boolean => pads.every((count) => count === 0);

/** Settings that TensorFlow's convolutions share; lists are [N, H, W, C]. */
function windowAttributes(strides: Pair, pads: Pads = NONE, dilations: Pair = [1, 1]): Attributes {
  const [top, left, bottom, right] = pads;
  return {
    T: FLOAT,
    strides: { list: [1, ...strides, 1] },
    dilations: { list: [1, ...dilations, 1] },
    padding: { s: noPads(pads) ? 'VALID' : 'EXPLICIT' },
    explicit_paddings: { list: noPads(pads) ? [] : [0, 0, top, bottom, left, right, 0, 0] },
    data_format: { s: 'NHWC' },
    use_cudnn_on_gpu: { b: true },
  };
}

const spatial = (shape: Shape): [number, number] => [shape[2] as number, shape[3] as number];

export const conv: Row<'Conv'> = ({ emit, forms }, { inputs: [x, w], attributes: { strides, pads } }) => ({
  name: emit.node(
    'Conv2D',
    [forms.as(x, CHANNELS_LAST), forms.as(w, FILTER)],
    windowAttributes(strides, pads),
  ),
  order: CHANNELS_LAST,
});

/**
 * Whether the pads are those of TensorFlow's SAME: what a convolution of `to` down to `from` lacks, half of it before
 * the image, the odd one behind. Output padding is less behind.
 */
const isSame = (from: Pair, to: Pair, kernel: Pair, { strides, pads }: Window): boolean =>
  from.every((extent, i) => {
    const total = (extent - 1) * strides[i] + kernel[i] - to[i];
    return total >= 0 && Math.ceil(to[i] / strides[i]) === extent && pads[i] === Math.floor(total / 2);
  });

/**
 * SAME or, for other pads, the whole result and a part of it. Explicit pads are for convolutions alone: tf2onnx takes
 * those of a transposed one for SAME without a word, and tfjs-node refuses them.
 */
export const convTranspose: Row<'ConvTranspose'> = ({ emit, forms }, node) => {
  const [g, w] = node.inputs;
  const { strides } = node.attributes;
  const [batch, channels] = node.shape;
  const write = (size: readonly number[], padding: 'SAME' | 'VALID'): string =>
    emit.node(
      'Conv2DBackpropInput',
      [emit.sizes([batch, size[0], size[1], channels]), forms.as(w, FILTER), forms.as(g, CHANNELS_LAST)],
      { ...windowAttributes(strides), padding: { s: padding } },
    );
  const [from, to, kernel] = [g, node, w].map(({ shape }) => spatial(shape));
  if (isSame(from, to, kernel, node.attributes)) return { name: write(to, 'SAME'), order: CHANNELS_LAST };
  const whole = convTransposeSize(from, kernel, { strides, pads: NONE }, [0, 0]);
  const start = node.attributes.pads.slice(0, 2);
  const end = to.map((size, i) => start[i] + size);
  // Behind first: all of the whole result may lie before the start.
  const missing = end.map((place, i) => Math.max(place - whole[i], 0));
  const padded = padBehind(emit, write(whole, 'VALID'), missing);
  return { name: cut(emit, padded, start, end), order: CHANNELS_LAST };
};

/** Rows and columns `start` to `end` of an image with channels last. */
function cut(emit: Emitter, x: string, start: readonly number[], end: readonly number[]): string {
  const bounds = [start, end].map(([row, column]) => emit.ints([0, row, column, 0]));
  // Samples and channels are taken as they are.
  const others = { i: 0b1001 };
  return emit.node('StridedSlice', [x, ...bounds, emit.ints([1, 1, 1, 1])], {
    ...stridedSlice,
    begin_mask: others,
    end_mask: others,
  });
}

/** Rows and columns of zeros after an image with channels last. */
function padBehind(emit: Emitter, x: string, [rows, columns]: readonly number[]): string {
  if (rows === 0 && columns === 0) return x;
  const counts = emit.ints([0, 0, 0, rows, 0, columns, 0, 0], [4, 2]);
  return emit.node('Pad', [x, counts], { T: FLOAT, Tpaddings: INT });
}

const CHANNELS_AS_SAMPLES: Order = [1, 2, 3, 0];
const SAMPLES_AS_CHANNELS: Order = [2, 3, 0, 1];

/**
 * A convolution again: of the images, channels taken for samples and samples for channels, with the gradients as
 * its filter, whose elements are a stride apart. TensorFlow's own operator for it is one that others lack.
 */
export const convWeightGrad: Row<'ConvWeightGrad'> = (context, node) => {
  const { emit, forms } = context;
  const [x, g] = node.inputs;
  const { kernel, strides, pads } = node.attributes;
  const inputs = [forms.as(x, CHANNELS_AS_SAMPLES), forms.as(g, SAMPLES_AS_CHANNELS)];
  const windows = emit.node('Conv2D', inputs, windowAttributes([1, 1], pads, strides));
  return { name: cut(emit, windows, [0, 0], kernel), order: CHANNELS_AS_SAMPLES };
};
