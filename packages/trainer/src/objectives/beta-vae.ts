import * as v from 'valibot';
import { choice } from '../choice.js';
import { nonNegative } from '../float32.js';
import { abs, add, mul, sub } from '../ops/index.js';
import { asSchedule, scheduleSchema } from '../schedules/schema.js';
import { boundTerms, klOption } from './bound.js';
import type { Objective } from './objective.js';

/** loss = reconstruction + beta · KL; beta may follow a schedule (Higgins et al. 2017, eq. 4: the H form). */
export const betaVae = choice(
  { beta: v.optional(scheduleSchema(nonNegative), 4), kl: klOption },
  ({ beta, kl }): Objective => ({
    latent: 'gaussian',
    couplesSamples: false,
    terms: (model, x, context) => {
      const terms = boundTerms(model, x, context, kl);
      const scale = context.schedule('beta', asSchedule(beta), 'weight of the KL term');
      return { loss: add(terms.reconstruction, mul(scale, terms.kl)), ...terms };
    },
  }),
);

/**
 * loss = reconstruction + gamma · |KL − C|, the capacity C growing while training so that the code learns one
 * factor after another (Burgess et al. 2018, eq. 8: the B form). C is compared with each sample's own KL, in nats.
 */
export const betaVaeCapacity = choice(
  {
    gamma: v.optional(nonNegative, 1000),
    capacity: v.optional(scheduleSchema(nonNegative), { type: 'linear', from: 0, to: 25, steps: 100_000 }),
    kl: klOption,
  },
  ({ gamma, capacity, kl }): Objective => ({
    latent: 'gaussian',
    couplesSamples: false,
    terms: (model, x, context) => {
      const terms = boundTerms(model, x, context, kl);
      const target = context.schedule('capacity', asSchedule(capacity), 'KL that the code is allowed, nats');
      return { loss: add(terms.reconstruction, mul(gamma, abs(sub(terms.kl, target)))), ...terms };
    },
  }),
);
