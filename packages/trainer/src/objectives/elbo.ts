import { choice } from '../choice.js';
import { neg } from '../ops/index.js';
import { boundTerms, klOption } from './bound.js';
import type { Objective } from './objective.js';

/** The evidence lower bound: loss = −log p(x|z) + KL(q(z|x) ‖ p(z)) (Kingma & Welling 2014, eq. 10). */
export const elbo = choice(
  { kl: klOption },
  ({ kl }): Objective => ({
    latent: 'gaussian',
    couplesSamples: false,
    terms: (model, x, context) => {
      const terms = boundTerms(model, x, context, kl);
      return { loss: neg(terms.bound), ...terms };
    },
  }),
);
