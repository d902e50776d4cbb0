import type { Value } from '../graph/value.js';
import { abs, add, exp, mul, neg, sub } from '../ops/index.js';

/** A Laplace distribution for each element, independent of the others. */
export interface Laplace {
  readonly mean: Value;
  /** Logarithm of the mean distance from the mean. */
  readonly logScale: Value;
}

/** Its log-density for each element, in nats: −|x − mean| / scale − log(2 · scale). */
export const logDensity = (x: Value, { mean, logScale }: Laplace): Value =>
  neg(add(mul(abs(sub(x, mean)), exp(neg(logScale))), add(logScale, Math.LN2)));
