import { choice } from '../choice.js';
import { logProbability, mean } from '../distributions/bernoulli.js';
import type { Likelihood } from './likelihood.js';

/** Each number of a sample is 0 or 1; the decoder gives logits. */
export const bernoulli = choice(
  {},
  (): Likelihood => ({
    logDensity: logProbability,
    expected: mean,
    rawOutput: 'logits',
    describe: () => ({ kind: 'bernoulli', output: 'logits' }),
  }),
);
