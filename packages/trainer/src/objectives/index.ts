import type { Registry } from '../choice.js';
import { autoencoder } from './autoencoder.js';
import { betaTcVae } from './beta-tc-vae.js';
import { betaVae, betaVaeCapacity } from './beta-vae.js';
import { dipVae } from './dip-vae.js';
import { elbo } from './elbo.js';
import { infoVae } from './info-vae.js';
import { iwae } from './iwae.js';
import type { Objective } from './objective.js';
import { wae } from './wae.js';

/** Every objective that a recipe may name. */
export const objectives = {
  elbo,
  betaVae,
  betaVaeCapacity,
  betaTcVae,
  dipVae,
  infoVae,
  iwae,
  wae,
  autoencoder,
} as const satisfies Registry<Objective>;
