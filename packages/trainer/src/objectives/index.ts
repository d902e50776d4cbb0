import type { Registry } from '../choice.js';
import { autoencoder } from './autoencoder.js';
import { betaVae, betaVaeCapacity } from './beta-vae.js';
import { elbo } from './elbo.js';
import type { Objective } from './objective.js';

/** Every objective that a recipe may name. */
export const objectives = {
  elbo,
  betaVae,
  betaVaeCapacity,
  autoencoder,
} as const satisfies Registry<Objective>;
