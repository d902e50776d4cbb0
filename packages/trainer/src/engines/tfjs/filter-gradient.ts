import type { Tensor4D, TensorInfo } from '@tensorflow/tfjs';
import type { Tf } from './tf.js';

const KERNEL = 'Conv2DBackpropFilter';

interface Attributes {
  readonly strides: [number, number];
  readonly pad: 'valid' | 'same';
  /** [h, w, C, M] */
  readonly filterShape: [number, number, number, number];
}

/**
 * x [N, H, W, C], g [N, H', W', M] → [h, w, C, M] by a convolution: with samples in the place of channels, the result is
 * moved over the image as its filter, its elements as far apart as the strides.
 */
function filterGradient(
  tf: Tf,
  x: Tensor4D,
  g: Tensor4D,
  { strides, pad, filterShape }: Attributes,
): Tensor4D {
  const { padInfo } = tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad);
  const { top, bottom, left, right } = padInfo;
  const image = tf.pad(x, [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ]);
  const channelsAsSamples = tf.transpose(image, [3, 1, 2, 0]);
  const filter = tf.transpose(g, [1, 2, 0, 3]);
  const reached = tf.conv2d(channelsAsSamples, filter, 1, 'valid', 'NHWC', strides);
  // Rows at the end of the image that the strides did not come to are no part of a window.
  const [height, width, channels, filters] = filterShape;
  const taps = tf.slice(reached, [0, 0, 0, 0], [channels, height, width, filters]);
  return tf.transpose(taps, [1, 2, 0, 3]);
}

/** Gives a back end the gradient of a convolution for its filter, where it has convolutions but not this kernel. */
export function registerFilterGradient(tf: Tf, backendName: string): void {
  if (tf.getKernel(KERNEL, backendName)) return;
  tf.registerKernel({
    kernelName: KERNEL,
    backendName,
    kernelFunc: ({ inputs, attrs }): TensorInfo => {
      const [x, g] = [inputs.x, inputs.dy] as Tensor4D[];
      return tf.tidy(() => filterGradient(tf, x, g, attrs as unknown as Attributes));
    },
  });
}
