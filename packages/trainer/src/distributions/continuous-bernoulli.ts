import type { Value } from '../graph/value.js';
import { abs, add, div, log, max, mul, step, sub, tanh } from '../ops/index.js';
import { logProbability } from './bernoulli.js';

/** Logits below which float32 loses the digits of the formulas, which are at their limits there. */
const SMALL_DENSITY = 1e-3;
const SMALL_MEAN = 0.1;

/** log of what makes the density integrate to 1: log (l / tanh(l/2)), log 2 at 0. */
function logNormaliser(logits: Value): Value {
  const size = max(abs(logits), SMALL_DENSITY);
  return log(div(size, tanh(mul(0.5, size))));
}

/**
 * log of the density of the continuous Bernoulli distribution at x in [0, 1], for each element, in nats:
 * x·l − log(1 + eˡ) + log (l / tanh(l/2)).
 *
 * @see Loaiza-Ganem & Cunningham 2019, The continuous Bernoulli: fixing a pervasive error in variational autoencoders,
 *   arXiv:1907.06845, eq. 5 and 6
 */
export const logDensity = (x: Value, logits: Value): Value =>
  add(logProbability(x, logits), logNormaliser(logits));

/** Its mean, ½ + ½ coth(l/2) − 1/l, which is ½ + l/12 near 0. */
export function mean(logits: Value): Value {
  const size = max(abs(logits), SMALL_MEAN);
  const sign = sub(step(logits), step(mul(-1, logits)));
  const far = mul(sign, sub(div(0.5, tanh(mul(0.5, size))), div(1, size)));
  const isFar = step(sub(abs(logits), SMALL_MEAN));
  return add(0.5, add(mul(isFar, far), mul(sub(1, isFar), mul(1 / 12, logits))));
}
