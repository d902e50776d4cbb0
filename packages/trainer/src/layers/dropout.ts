import * as v from 'valibot';
import { choice } from '../choice.js';
import { mul } from '../ops/index.js';
import type { Layer } from './layer.js';

/**
 * Sets numbers to 0 with probability 1 − keep while training and scales the others by 1/keep, so that the mean
 * stays; does nothing otherwise. The mask is an input of the graph (Srivastava et al. 2014).
 */
export const dropout = choice(
  { keep: v.pipe(v.number(), v.minValue(0.001), v.maxValue(1)) },
  ({ keep }): Layer =>
    (x, scope) =>
      scope.trace.training && keep < 1 ? mul(x, scope.noise('mask', x.shape, { kind: 'mask', keep })) : x,
);
