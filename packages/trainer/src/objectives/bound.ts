import * as v from 'valibot';
import { type Gaussian, reparameterize } from '../distributions/gaussian.js';
import type { Value } from '../graph/value.js';
import { add, neg } from '../ops/index.js';
import { type KlEstimatorName, klEstimators } from './kl-estimators.js';
import type { Model, ObjectiveContext } from './objective.js';

/** The option that chooses how KL(q(z|x) ‖ p(z)) is computed. */
export const klOption = v.optional(v.picklist(Object.keys(klEstimators) as KlEstimatorName[]), 'closedForm');

/** The posterior of each sample and a draw z from it, [N, D]. */
export interface Drawn {
  readonly q: Gaussian;
  readonly z: Value;
  /** What z was drawn with, [N, D]. */
  readonly eps: Value;
}

/** q(z|x) with one draw for each sample. */
export function drawCodes(model: Model, x: Value, { noise }: ObjectiveContext): Drawn {
  const q = model.encode(x);
  const eps = noise('eps', q.mean.shape);
  return { q, z: reparameterize(q, eps), eps };
}

/**
 * The terms of the evidence lower bound at one draw per sample, each [N] in nats:
 * bound = −(reconstruction + kl), reconstruction = −log p(x|z), z ~ q(z|x).
 */
export function boundAt(model: Model, x: Value, { q, z }: Omit<Drawn, 'eps'>, kl: KlEstimatorName) {
  const reconstruction = neg(model.logLikelihood(x, model.decode(z)));
  const divergence = klEstimators[kl](q, z);
  return { bound: neg(add(reconstruction, divergence)), reconstruction, kl: divergence };
}

/** {@link boundAt} a draw of its own. */
export const boundTerms = (model: Model, x: Value, context: ObjectiveContext, kl: KlEstimatorName) =>
  boundAt(model, x, drawCodes(model, x, context), kl);
