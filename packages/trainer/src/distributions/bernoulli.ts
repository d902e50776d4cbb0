import type { Value } from '../graph/value.js';
import { mul, sigmoid, softplus, sub } from '../ops/index.js';

/**
 * log Bernoulli(x; σ(logits)) for each element, in nats: x·l − log(1 + eˡ). Finite for every finite logit.
 *
 * @param x 0 or 1; a value between is the expectation over a draw, which is a cross-entropy and not a likelihood
 */
export const logProbability = (x: Value, logits: Value): Value => sub(mul(x, logits), softplus(logits));

/** The probability of a 1. */
export const mean = (logits: Value): Value => sigmoid(logits);
