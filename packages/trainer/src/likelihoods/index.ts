import type { Registry } from '../choice.js';
import { bernoulli } from './bernoulli.js';
import { continuousBernoulli } from './continuous-bernoulli.js';
import { gaussian } from './gaussian.js';
import { laplace } from './laplace.js';
import type { Likelihood } from './likelihood.js';

/** Every likelihood that a recipe may name. */
export const likelihoods = {
  bernoulli,
  continuousBernoulli,
  gaussian,
  laplace,
} as const satisfies Registry<Likelihood>;
