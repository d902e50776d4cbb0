import { choice } from '../choice.js';
import { neg } from '../ops/index.js';
import type { Objective } from './objective.js';

/**
 * Reconstruction alone, through a code without noise: loss = −log p(x|z), z = encoder(x). A code that is a point
 * has infinite KL to the prior, so there is no bound to report.
 */
export const autoencoder = choice(
  {},
  (): Objective => ({
    latent: 'deterministic',
    couplesSamples: false,
    terms: (model, x) => {
      const reconstruction = neg(model.logLikelihood(x, model.decode(model.encode(x).mean)));
      return { loss: reconstruction, reconstruction };
    },
  }),
);
