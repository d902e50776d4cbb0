import * as v from 'valibot';
import { choice } from '../choice.js';
import { nonNegative } from '../float32.js';
import { add, mul, neg } from '../ops/index.js';
import { kernelOption, mmd } from './mmd.js';
import type { Objective } from './objective.js';

/**
 * The Wasserstein autoencoder: loss = reconstruction + lambda · MMD(q(z), p(z)), z = encoder(x) without noise. The codes of
 * all samples together are held to the prior, so that draws from it decode (Tolstikhin et al. 2018, arXiv:1711.01558,
 * algorithm 2). A code that is a point has infinite KL to the prior, so there is no bound to report.
 *
 * @example { "type": "wae", "lambda": 100, "kernel": "imq" }
 */
export const wae = choice(
  { lambda: v.optional(nonNegative, 100), kernel: kernelOption },
  ({ lambda, kernel }): Objective => ({
    latent: 'deterministic',
    couplesSamples: true,
    terms: (model, x, { noise, weight }) => {
      const z = model.encode(x).mean;
      const reconstruction = neg(model.logLikelihood(x, model.decode(z)));
      const distance = mmd(z, noise('prior', z.shape), weight, kernel);
      return { loss: add(reconstruction, mul(lambda, distance)), reconstruction, mmd: distance };
    },
  }),
);
