import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import type { Window } from '../../ops/conv.js';
import type { Tf } from './tf.js';

// Images come and go channels last ([N, H, W, C]), weights as the graph has them. The gradients of TensorFlow.js know
// the paddings 'valid' and 'same' only, so zeros that 'same' would not give are written out.

type Size = readonly [height: number, width: number];

/** [M, C, h, w] → [h, w, C, M] */
const filterOrder = (tf: Tf, w: Tensor4D): Tensor4D => tf.transpose(w, [2, 3, 1, 0]);

/**
 * True where TensorFlow's SAME means these pads: as few zeros as keep ceil(size / stride), the odd one behind. Not where
 * the windows end before the image does, a total below 0: with that 'same' the WebAssembly of 4.22 computes zeros.
 */
function isSame(size: Size, kernel: Size, { strides, pads }: Window): boolean {
  return [0, 1].every((i) => {
    const total = (Math.ceil(size[i] / strides[i]) - 1) * strides[i] + kernel[i] - size[i];
    return pads[i] === Math.floor(total / 2) && pads[i + 2] === total - pads[i];
  });
}

interface Padding {
  readonly name: 'valid' | 'same';
  /** Rows and columns of zeros to be written out: top, left, bottom, right. */
  readonly written: Window['pads'];
}

function paddingFor(size: Size, kernel: Size, window: Window): Padding {
  if (isSame(size, kernel, window)) return { name: 'same', written: [0, 0, 0, 0] };
  return { name: 'valid', written: window.pads };
}

const hasZeros = (pads: Window['pads']): boolean => pads.some((rows) => rows > 0);

const padded = (tf: Tf, x: Tensor4D, pads: Window['pads']): Tensor4D =>
  hasZeros(pads)
    ? tf.pad(x, [
        [0, 0],
        [pads[0], pads[2]],
        [pads[1], pads[3]],
        [0, 0],
      ])
    : x;

/** x [N, H, W, C], w [M, C, h, w] → [N, H', W', M] */
export function conv(tf: Tf, x: Tensor4D, w: Tensor4D, window: Window): Tensor4D {
  const { name, written } = paddingFor([x.shape[1], x.shape[2]], [w.shape[2], w.shape[3]], window);
  const image = padded(tf, x, written);
  return tf.conv2d(image, filterOrder(tf, w), [...window.strides], name);
}

/**
 * g [N, H', W', M], w [M, C, h, w] → [N, H, W, C], cut out of what the windows reach with their padding.
 *
 * @param shape [N, H, W, C]
 */
export function convTranspose(
  tf: Tf,
  g: Tensor4D,
  w: Tensor4D,
  window: Window,
  shape: readonly number[],
): Tensor4D {
  const [batch, height, width, channels] = shape;
  const { name, written } = paddingFor([height, width], [w.shape[2], w.shape[3]], window);
  const [top, left, bottom, right] = written;
  const reached: [number, number, number, number] = [
    batch,
    height + top + bottom,
    width + left + right,
    channels,
  ];
  const whole = tf.conv2dTranspose(g, filterOrder(tf, w), reached, [...window.strides], name);
  return hasZeros(written) ? tf.slice(whole, [0, top, left, 0], [batch, height, width, channels]) : whole;
}

type Save = (tensors: Tensor[]) => void;

/**
 * x [N, H, W, C], g [N, H', W', M] → [M, C, h, w]. TensorFlow.js has the kernel, but neither a function for it nor
 * its gradient, which is the other two convolutions.
 */
export function convWeightGrad(tf: Tf, x: Tensor4D, g: Tensor4D, window: Window, shape: number[]): Tensor {
  const [filters, channels, height, width] = shape;
  const { name, written } = paddingFor([x.shape[1], x.shape[2]], [height, width], window);
  const attributes = {
    strides: [...window.strides],
    pad: name,
    dataFormat: 'NHWC',
    filterShape: [height, width, channels, filters],
  };
  const rule = tf.customGrad((...given) => {
    const [image, result, save] = given as unknown as [Tensor4D, Tensor4D, Save];
    save([image, result]);
    const inputs = { x: padded(tf, image, written), dy: result };
    const filter = tf.engine().runKernel('Conv2DBackpropFilter', inputs, attributes) as Tensor4D;
    return {
      value: tf.transpose(filter, [3, 2, 0, 1]),
      gradFunc: (upstream: Tensor4D, [savedImage, savedResult]: Tensor[]) => [
        convTranspose(tf, savedResult as Tensor4D, upstream, window, (savedImage as Tensor4D).shape),
        conv(tf, savedImage as Tensor4D, upstream, window),
      ],
    };
  });
  return rule(x, g);
}
