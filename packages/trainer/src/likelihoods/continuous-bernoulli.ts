import { choice } from '../choice.js';
import { logDensity, mean } from '../distributions/continuous-bernoulli.js';
import type { Likelihood } from './likelihood.js';

/**
 * Each number of a sample lies between 0 and 1, as grey values do; the decoder gives logits. What a Bernoulli lacks on such
 * data is a density that integrates to 1 (Loaiza-Ganem & Cunningham 2019, arXiv:1907.06845).
 */
export const continuousBernoulli = choice(
  {},
  (): Likelihood => ({
    logDensity,
    expected: mean,
    rawOutput: 'logits',
    describe: () => ({ kind: 'continuous-bernoulli', output: 'logits' }),
  }),
);
