import * as v from 'valibot';
import { choice } from '../choice.js';
import { add, conv } from '../ops/index.js';
import { initializerName, type Layer } from './layer.js';
import { asPair, convPads, windowOptions } from './window.js';

/** Two-dimensional convolution. x [N, C, H, W] → [N, filters, H', W']; weights [filters, C, h, w]. */
export const conv2d = choice(
  { ...windowOptions, bias: v.optional(v.boolean(), true), init: v.optional(initializerName) },
  ({ bias, init, ...options }): Layer =>
    (x, scope) => {
      scope.requireRank(
        x,
        4,
        'Put "reshape" before it, or, where these are the data, have a recipe written for them: vae-train init --data SPEC',
      );
      const [channels, ...size] = x.shape.slice(1) as number[];
      const [kernel, strides] = [asPair(options.kernel), asPair(options.stride)];
      const filters = options.filters === 'channels' ? scope.trace.dataShape[0] : options.filters;
      const area = kernel[0] * kernel[1];
      const fans = { fanIn: channels * area, fanOut: filters * area };
      const weight = scope.weight([filters, channels, ...kernel], fans, init);
      const y = conv(x, weight, { strides, pads: convPads(options.padding, size, kernel, strides) });
      return bias ? add(y, scope.bias([filters, 1, 1])) : y;
    },
);
