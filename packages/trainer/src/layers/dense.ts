import * as v from 'valibot';
import { choice } from '../choice.js';
import { sizeOf } from '../graph/shape.js';
import { add, matMul } from '../ops/index.js';
import { initializerName, type Layer, positiveInteger } from './layer.js';

/**
 * Fully connected: y = x·W + b. x [N, in], W [in, units], y [N, units].
 *
 * `units: "data"` means one per number of a sample, so that a decoder's last layer fits any data.
 */
export const dense = choice(
  {
    units: v.union([positiveInteger, v.literal('data')]),
    bias: v.optional(v.boolean(), true),
    init: v.optional(initializerName),
  },
  ({ units, bias, init }): Layer =>
    (x, scope) => {
      scope.requireRank(x, 2, 'Put "flatten" before it.');
      const fanIn = x.shape[1] as number;
      const fanOut = units === 'data' ? sizeOf(scope.trace.dataShape) : units;
      const y = matMul(x, scope.weight([fanIn, fanOut], { fanIn, fanOut }, init));
      return bias ? add(y, scope.bias([fanOut])) : y;
    },
);
