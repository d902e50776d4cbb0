import { choice } from '../choice.js';
import { logDensity } from '../distributions/gaussian.js';
import type { Likelihood } from './likelihood.js';
import { spreadOf, spreadOption } from './spread.js';

/**
 * Each number of a sample is normal around the decoder's output, all with one variance: a fixed one, or one that
 * is learned with the weights, the calibrated decoder of Rybkin et al. 2021 (σ-VAE). End the decoder with "sigmoid" for data
 * in 0..1.
 */
export const gaussian = choice({ variance: spreadOption }, ({ variance }): Likelihood => {
  const spread = spreadOf('likelihood.log-variance', variance);
  return {
    logDensity: (x, output, trace) => logDensity(x, { mean: output, logVar: spread.log(trace) }),
    expected: (output) => output,
    describe: (weights) => ({ kind: 'gaussian', output: 'x', variance: spread.trained(weights) }),
  };
});
