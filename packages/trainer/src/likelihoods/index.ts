import type { Registry } from '../choice.js';
import { bernoulli } from './bernoulli.js';
import { gaussian } from './gaussian.js';
import type { Likelihood } from './likelihood.js';

/** Every likelihood that a recipe may name. */
export const likelihoods = { bernoulli, gaussian } as const satisfies Registry<Likelihood>;
