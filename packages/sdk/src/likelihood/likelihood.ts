import { VaeError } from '../errors.js';
import type { Manifest } from '../manifest/schema.js';
import { rangeError, type Tensor } from '../tensor.js';
import { firstOutside } from '../values.js';
import { bernoulliLogProb, continuousBernoulliLogProb, gaussianLogProb, laplaceLogProb } from './log-prob.js';

/** A likelihood as a manifest describes it. */
export type LikelihoodSpec = Manifest['likelihood'];

/** p(x|z), as far as it takes to say how probable an item is. */
export interface Likelihood {
  /** What a decoder has to give for it: logits, or the expected value. */
  readonly output: 'logits' | 'x';
  /** log p(x|z) of one item in nats, from that output of the decoder for z. */
  logProb(x: Float32Array, decoded: Float32Array): number;
  /** Refuses data that it gives no probability, whatever is decoded; "bad-input" with the first such value. */
  assertData(x: Tensor, where: string): void;
}

/**
 * The likelihood that a manifest describes.
 *
 * @param where begins the error's text
 * @throws VaeError "unsupported" for 'none', and without a known variance or scale
 * @example likelihoodOf({ kind: 'bernoulli', output: 'logits' }).output // 'logits'
 */
export function likelihoodOf(spec: LikelihoodSpec, where = 'likelihoodOf'): Likelihood {
  if (spec.output === 'logits') {
    const logProb = spec.kind === 'bernoulli' ? bernoulliLogProb : continuousBernoulliLogProb;
    return { output: 'logits', logProb, assertData: assertUnit };
  }
  const of = { gaussian: gaussianLogProb, laplace: laplaceLogProb };
  const spread = spec.kind === 'gaussian' ? spec.variance : spec.kind === 'laplace' && spec.scale;
  if (spec.kind !== 'none' && typeof spread === 'number') {
    return { output: 'x', logProb: (x, mean) => of[spec.kind](x, mean, spread), assertData() {} };
  }
  const hint =
    "Files without a manifest are told theirs: VAE.load(files, { likelihood: { kind: 'bernoulli' } }).";
  throw new VaeError(
    'unsupported',
    `${where}: the model's likelihood is ${JSON.stringify(spec)}; known are bernoulli, ` +
      `continuous-bernoulli, and gaussian and laplace with a number as variance or scale.${spec.kind === 'none' ? ` ${hint}` : ''}`,
  );
}

/** Beyond 0 and 1 the formula still gives numbers, of which the most absurd look the most normal. */
function assertUnit(x: Tensor, where: string): void {
  if (firstOutside(x.data, 0, 1) < 0) return;
  throw rangeError(x, 0, 1, where, ' A Bernoulli likelihood knows no other. Divide bytes by 255.');
}
