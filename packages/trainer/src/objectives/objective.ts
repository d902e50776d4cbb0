import type { Gaussian } from '../distributions/gaussian.js';
import type { Shape } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import type { Schedule } from '../schedules/schedule.js';

/** A VAE as an objective sees it. */
export interface Model {
  /** q(z|x), or q(z|x, y) of a conditional model. x [N, …] → mean and logVar [N, D] */
  encode(x: Value): Gaussian;
  /** z [N, D] → the decoder's output, of x's shape */
  decode(z: Value): Value;
  /** log p(x|z) in nats, summed over a sample's own dimensions. → [N] */
  logLikelihood(x: Value, output: Value): Value;
}

/** What an objective draws on beside model and data. Noise and scheduled numbers are inputs of the graph. */
export interface ObjectiveContext {
  /** Share of each sample in the mean over its batch, [N]: they sum to 1, and are 0 for padding. */
  readonly weight: Value;
  /** Samples that are trained on, where that is known. */
  readonly samples?: number;
  noise(name: string, shape: Shape): Value;
  schedule(name: string, schedule: Schedule, meaning: string): Value;
}

/** All in nats: one number per sample, [N], or one for the batch, []. Terms are unweighted and carry their own sign. */
export interface Terms {
  /** What training minimises. */
  readonly loss: Value;
  /**
   * Lower bound on log p(x), or on log p(x|y) where the model is told the class, for comparing models whatever they
   * minimised; absent where there is none.
   */
  readonly bound?: Value;
  readonly [term: string]: Value | undefined;
}

export interface Objective {
  /** `gaussian`: the encoder gives mean and log-variance. `deterministic`: it gives the code itself. */
  readonly latent: 'gaussian' | 'deterministic';
  /** True where a sample's loss depends on the others of its batch, so that a batch must not be split. */
  readonly couplesSamples: boolean;
  terms(model: Model, x: Value, context: ObjectiveContext): Terms;
}
