import { choice } from '../choice.js';
import { logDensity } from '../distributions/laplace.js';
import type { Likelihood } from './likelihood.js';
import { spreadOf, spreadOption } from './spread.js';

/**
 * Each number of a sample lies around the decoder's output, far ones more often than normal ones do: the absolute error in
 * place of the squared one. The scale is the mean distance, one number for the whole model, fixed or learned with the weights.
 */
export const laplace = choice({ scale: spreadOption }, ({ scale }): Likelihood => {
  const spread = spreadOf('likelihood.log-scale', scale);
  return {
    logDensity: (x, output, trace) => logDensity(x, { mean: output, logScale: spread.log(trace) }),
    expected: (output) => output,
    describe: (weights) => ({ kind: 'laplace', output: 'x', scale: spread.trained(weights) }),
  };
});
