import * as v from 'valibot';
import { choice } from '../choice.js';
import { add, convTranspose } from '../ops/index.js';
import { initializerName, type Layer, wholeNumber } from './layer.js';
import { asPair, convTransposePads, pairOf, windowOptions } from './window.js';

/**
 * Transposed two-dimensional convolution, the way up. x [N, C, H, W] → [N, filters, H', W']; weights
 * [C, filters, h, w]. With explicit padding p the result has (H − 1)·stride + kernel − 2p + outputPadding rows.
 */
export const conv2dTranspose = choice(
  {
    ...windowOptions,
    /** Rows and columns added after the image; only with explicit padding, and below the stride. */
    outputPadding: v.optional(pairOf(wholeNumber)),
    bias: v.optional(v.boolean(), true),
    init: v.optional(initializerName),
  },
  ({ bias, init, ...options }): Layer =>
    (x, scope) => {
      scope.requireRank(x, 4, 'Put "reshape" before it.');
      const channels = x.shape[1] as number;
      const [kernel, strides] = [asPair(options.kernel), asPair(options.stride)];
      const filters = options.filters === 'channels' ? scope.trace.dataShape[0] : options.filters;
      const area = kernel[0] * kernel[1];
      const fans = { fanIn: channels * area, fanOut: filters * area };
      const { pads, outputPadding } = convTransposePads(options.padding, kernel, strides);
      if (options.outputPadding !== undefined && typeof options.padding === 'string')
        throw scope.error(
          `outputPadding goes with explicit padding; "${options.padding}" works it out itself.`,
        );
      const extra = options.outputPadding === undefined ? outputPadding : asPair(options.outputPadding);
      const weight = scope.weight([channels, filters, ...kernel], fans, init);
      const y = convTranspose(x, weight, { strides, pads }, [extra[0], extra[1]]);
      return bias ? add(y, scope.bias([filters, 1, 1])) : y;
    },
);
