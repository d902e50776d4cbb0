import {
  type Gaussian,
  klByExpectation,
  klToStandard,
  logDensity,
  standardLogDensity,
} from '../distributions/gaussian.js';
import type { Value } from '../graph/value.js';
import { sub, sumPerSample } from '../ops/index.js';

/** KL(q(z|x) ‖ N(0, I)) in nats per sample, [N]; `z` is a draw from q. */
export type KlEstimator = (q: Gaussian, z: Value) => Value;

export const klEstimators = {
  /** Exact, from the formula for two normal distributions. */
  closedForm: (q) => sumPerSample(klToStandard(q)),
  /** log q(z) − log p(z) at the one draw: unbiased, noisy, and works for any density. */
  sampled: (q, z) => sumPerSample(sub(logDensity(z, q), standardLogDensity(z))),
  /** Exact, from expected sufficient statistics and natural parameters. */
  expectation: (q) => sumPerSample(klByExpectation(q)),
} as const satisfies Record<string, KlEstimator>;

export type KlEstimatorName = keyof typeof klEstimators;
