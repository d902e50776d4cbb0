import type { Value } from '../graph/value.js';
import { add, div, exp, mul, neg, square, sub } from '../ops/index.js';

/** A normal distribution for each element, independent of the others. */
export interface Gaussian {
  readonly mean: Value;
  /** Logarithm of the variance. */
  readonly logVar: Value;
}

const LOG_TWO_PI = Math.log(2 * Math.PI);

/**
 * log N(z; mean, e^logVar) for each element, in nats: −½ (log 2π + logVar + (z − mean)² e^−logVar).
 *
 * @param z and the distribution's values have one shape, or broadcast to one
 */
export function logDensity(z: Value, { mean, logVar }: Gaussian): Value {
  const distance = mul(square(sub(z, mean)), exp(neg(logVar)));
  return mul(-0.5, add(add(distance, logVar), LOG_TWO_PI));
}

/** log N(z; 0, 1) for each element, in nats. */
export const standardLogDensity = (z: Value): Value => mul(-0.5, add(square(z), LOG_TWO_PI));

/** mean + e^(logVar/2) · eps: a draw whose gradient reaches mean and logVar (Kingma & Welling 2014, section 2.4). */
export const reparameterize = ({ mean, logVar }: Gaussian, eps: Value): Value =>
  add(mean, mul(exp(mul(0.5, logVar)), eps));

/**
 * KL(q ‖ p) for each element, in nats:
 * log σp/σq + (σq² + (μq − μp)²) / 2σp² − ½.
 */
export function kl(q: Gaussian, p: Gaussian): Value {
  const spread = div(add(exp(q.logVar), square(sub(q.mean, p.mean))), exp(p.logVar));
  return mul(0.5, sub(add(sub(p.logVar, q.logVar), spread), 1));
}

/** KL(q ‖ N(0, 1)) for each element, in nats: ½ (μ² + σ² − 1 − log σ²) (Kingma & Welling 2014, appendix B). */
export const klToStandard = ({ mean, logVar }: Gaussian): Value =>
  mul(0.5, sub(sub(add(square(mean), exp(logVar)), logVar), 1));

/**
 * The same distribution as an exponential family: log q(z) = η₁ z + η₂ z² − A + const, with the sufficient
 * statistics z and z².
 */
interface ExponentialFamily {
  readonly eta1: Value | number;
  readonly eta2: Value | number;
  readonly logPartition: Value | number;
}

function exponentialFamily({ mean, logVar }: Gaussian): ExponentialFamily {
  const precision = exp(neg(logVar));
  const eta1 = mul(mean, precision);
  return { eta1, eta2: mul(-0.5, precision), logPartition: mul(0.5, add(mul(mean, eta1), logVar)) };
}

const standardFamily: ExponentialFamily = { eta1: 0, eta2: -0.5, logPartition: 0 };

/**
 * KL(q ‖ N(0, 1)) for each element, in nats, from expected sufficient statistics:
 * (η₁q − η₁p) E[z] + (η₂q − η₂p) E[z²] − A_q + A_p, with E[z] = μ and E[z²] = μ² + σ² under q. Equal to the closed
 * form in exact arithmetic, reached another way: it works for any prior of the family. Its terms are as large as
 * μ²/σ², so in float32 it loses digits where the variance is very small (about 5e-3 nats at μ = 2, log σ² = −10).
 */
export function klByExpectation(q: Gaussian, prior: ExponentialFamily = standardFamily): Value {
  const family = exponentialFamily(q);
  const secondMoment = add(square(q.mean), exp(q.logVar));
  const first = mul(sub(family.eta1, prior.eta1), q.mean);
  const second = mul(sub(family.eta2, prior.eta2), secondMoment);
  return add(sub(add(first, second), family.logPartition), prior.logPartition);
}
