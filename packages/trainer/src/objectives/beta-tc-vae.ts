import * as v from 'valibot';
import { choice } from '../choice.js';
import { logDensity, standardLogDensity } from '../distributions/gaussian.js';
import { nonNegative } from '../float32.js';
import { add, mul, sub, sumPerSample } from '../ops/index.js';
import { asSchedule, scheduleSchema } from '../schedules/schema.js';
import { aggregatePosterior } from './aggregate-posterior.js';
import { boundAt, drawCodes, klOption } from './bound.js';
import type { Objective } from './objective.js';

/**
 * loss = reconstruction + alpha · mutual information + beta · total correlation + gamma · dimension-wise KL: the KL in three
 * parts, of which the second is what ties the dimensions of codes to one another (Chen, Li, Grosse, Duvenaud 2018,
 * arXiv:1802.04942, eq. 2 and 4). Each part is an estimate from one batch and one draw, in nats per sample; together they are
 * the KL at that draw. beta may follow a schedule.
 *
 * @example { "type": "betaTcVae", "beta": 6 }
 */
export const betaTcVae = choice(
  {
    alpha: v.optional(nonNegative, 1),
    beta: v.optional(scheduleSchema(nonNegative), 6),
    gamma: v.optional(nonNegative, 1),
    kl: klOption,
  },
  ({ alpha, beta, gamma, kl }): Objective => ({
    latent: 'gaussian',
    couplesSamples: true,
    terms: (model, x, context) => {
      const codes = drawCodes(model, x, context);
      const { q, z } = codes;
      const terms = boundAt(model, x, codes, kl);
      const { joint, marginals } = aggregatePosterior(codes, context.weight, context.samples);
      const independent = sumPerSample(marginals);
      const mutualInformation = sub(sumPerSample(logDensity(z, q)), joint);
      const totalCorrelation = sub(joint, independent);
      const dimensionWiseKl = sub(independent, sumPerSample(standardLogDensity(z)));
      const scale = context.schedule('beta', asSchedule(beta), 'weight of the total correlation');
      const parts = add(mul(alpha, mutualInformation), mul(gamma, dimensionWiseKl));
      const loss = add(terms.reconstruction, add(parts, mul(scale, totalCorrelation)));
      return { loss, ...terms, mutualInformation, totalCorrelation, dimensionWiseKl };
    },
  }),
);
