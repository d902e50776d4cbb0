import * as v from 'valibot';
import { choice } from '../choice.js';
import { add, mul } from '../ops/index.js';
import { boundAt, drawCodes, klOption } from './bound.js';
import { kernelOption, mmd } from './mmd.js';
import type { Objective } from './objective.js';

/**
 * loss = reconstruction + (1 − alpha) · KL + (alpha + lambda − 1) · MMD(q(z), p(z)): codes as a whole are held to the prior,
 * each of them is left free by alpha to tell more of its sample (Zhao, Song, Ermon 2019, arXiv:1706.02262, eq. 6). With
 * alpha 1 it is the MMD-VAE, with alpha 0 and lambda 1 the ELBO.
 *
 * @example { "type": "infoVae", "alpha": 0.5, "lambda": 100 }
 */
export const infoVae = choice(
  {
    alpha: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0),
    lambda: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(1e6)), 100),
    kernel: kernelOption,
    kl: klOption,
  },
  ({ alpha, lambda, kernel, kl }): Objective => ({
    latent: 'gaussian',
    couplesSamples: true,
    terms: (model, x, context) => {
      const codes = drawCodes(model, x, context);
      const terms = boundAt(model, x, codes, kl);
      const distance = mmd(codes.z, context.noise('prior', codes.z.shape), context.weight, kernel);
      const held = add(mul(1 - alpha, terms.kl), mul(alpha + lambda - 1, distance));
      return { loss: add(terms.reconstruction, held), ...terms, mmd: distance };
    },
  }),
);
