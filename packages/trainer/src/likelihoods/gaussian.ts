import * as v from 'valibot';
import { choice } from '../choice.js';
import { logDensity } from '../distributions/gaussian.js';
import { constant } from '../graph/value.js';
import type { Likelihood } from './likelihood.js';

/** One number for the whole model: the calibrated decoder of Rybkin et al. 2021 (σ-VAE). */
const LOG_VARIANCE = 'likelihood.log-variance';

/**
 * Each number of a sample is normal around the decoder's output, all with one variance: a fixed one, or one that
 * is learned with the weights. End the decoder with "sigmoid" for data in 0..1.
 */
export const gaussian = choice(
  {
    variance: v.optional(
      v.union([v.pipe(v.number(), v.minValue(1e-12), v.maxValue(1e12)), v.literal('learned')]),
      1,
    ),
  },
  ({ variance }): Likelihood => ({
    logDensity: (x, output, trace) => {
      const logVar =
        variance === 'learned'
          ? trace.parameter(LOG_VARIANCE, [], (out) => void out.fill(0))
          : constant(Math.log(variance));
      return logDensity(x, { mean: output, logVar });
    },
    expected: (output) => output,
    describe: (weights) => ({
      kind: 'gaussian',
      output: 'x',
      variance: variance === 'learned' ? Math.exp(weights[LOG_VARIANCE].data[0]) : variance,
    }),
  }),
);
