import * as v from 'valibot';
import { reparameterize } from '../distributions/gaussian.js';
import type { Value } from '../graph/value.js';
import { add, neg } from '../ops/index.js';
import { type KlEstimatorName, klEstimators } from './kl-estimators.js';
import type { Model, ObjectiveContext } from './objective.js';

/** The option that chooses how KL(q(z|x) ‖ p(z)) is computed. */
export const klOption = v.optional(v.picklist(Object.keys(klEstimators) as KlEstimatorName[]), 'closedForm');

/**
 * The terms of the evidence lower bound with one draw per sample, each [N] in nats:
 * bound = −(reconstruction + kl), reconstruction = −log p(x|z), z ~ q(z|x).
 */
export function boundTerms(model: Model, x: Value, { noise }: ObjectiveContext, kl: KlEstimatorName) {
  const q = model.encode(x);
  const z = reparameterize(q, noise('eps', q.mean.shape));
  const reconstruction = neg(model.logLikelihood(x, model.decode(z)));
  const divergence = klEstimators[kl](q, z);
  return { bound: neg(add(reconstruction, divergence)), reconstruction, kl: divergence };
}
