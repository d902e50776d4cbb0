import type { Manifest } from '@vae/sdk/manifest';
import type { Value } from '../graph/value.js';
import type { Trace } from '../layers/trace.js';

/** Trained weights by name. */
export type Weights = Readonly<Record<string, { data: Float32Array }>>;

/** p(x|z): what a decoder's output says about the data. */
export interface Likelihood {
  /** log p(x|z) for each element, in nats. `output` is the decoder's, of x's shape. */
  logDensity(x: Value, output: Value, trace: Trace): Value;
  /** E[x|z], of the same shape. */
  expected(output: Value): Value;
  /** Exported beside the expected value, where it holds more. */
  readonly rawOutput?: 'logits';
  /** The manifest's entry, given the trained weights. */
  describe(weights: Weights): Manifest['likelihood'];
}
