import { VaeError } from '../errors.js';
import { type Posterior, posteriorOf } from '../latent/reparameterize.js';
import { indexText, rows, sameShape, show, type Tensor } from '../tensor.js';
import { type LikelihoodSpec, likelihoodOf } from './likelihood.js';
import { gaussianKl } from './log-prob.js';

export interface NegativeElboInput {
  /** Data [N, ...item] as the encoder saw it: normalised, thresholded; from 0 to 1 for a Bernoulli likelihood. */
  readonly x: Tensor;
  /** The decoder's output [N, ...item] for one draw from each posterior: logits for bernoulli, else x. */
  readonly decoded: Tensor;
  /** Mean and logvar, [N, ...latent]. */
  readonly posterior: Posterior;
  readonly likelihood: LikelihoodSpec;
}

/** One number per item, in nats. */
export interface NegativeElbo {
  /** reconstruction + kl: an upper bound of -log p(x), in expectation over the draw. */
  readonly total: Float64Array;
  /** -log p(x|z) */
  readonly reconstruction: Float64Array;
  /** KL from the posterior to the standard normal, in closed form. */
  readonly kl: Float64Array;
}

/**
 * The negative evidence lower bound of each item, from one draw.
 *
 * @throws VaeError "unsupported" for a likelihood that is not known and for a deterministic encoder, "bad-input" for
 * shapes that do not go together, and for values that the likelihood knows no probability of
 * @see Kingma & Welling 2013, arXiv:1312.6114, eq. 7
 * @example
 * const { threshold = 0.5 } = vae.data; // of a model trained on black and white pixels, with logits
 * const x = { data: grey.data.map((value) => Number(value > threshold)), shape: grey.shape };
 * const posterior = await vae.encode(x);
 * const decoded = await vae.decode(vae.reparameterize(posterior, { seed: 7 }), { logits: true });
 * const { total } = negativeElbo({ x, decoded, posterior, likelihood: vae.likelihood });
 */
export function negativeElbo({ x, decoded, posterior, likelihood }: NegativeElboInput): NegativeElbo {
  const { logProb, output, assertData } = likelihoodOf(likelihood, 'negativeElbo');
  const { mean, logvar } = posteriorOf(posterior, 'negativeElbo');
  const count = x.shape[0];
  if (!sameShape(decoded.shape, x.shape) || mean.shape[0] !== count) {
    throw new VaeError(
      'bad-input',
      `negativeElbo: x is ${show(x.shape)}, the decoder's ${output} ${show(decoded.shape)}, the means ` +
        `${show(mean.shape)}; all need one row for each item, and the first two one shape.`,
    );
  }
  assertData(x, 'negativeElbo');
  assertRandom(logvar, 'negativeElbo');
  const perItem = (score: (row: (tensor: Tensor) => Float32Array) => number) =>
    Float64Array.from({ length: count! }, (_, i) => score((tensor) => rows(tensor, i, i + 1).data));
  const reconstruction = perItem((row) => -logProb(row(x), row(decoded)));
  const kl = perItem((row) => gaussianKl(row(mean), row(logvar)));
  return { total: reconstruction.map((value, i) => value + kl[i]!), reconstruction, kl };
}

/** Refuses the posterior of a deterministic encoder, whose KL is infinite. */
export function assertRandom({ data, shape }: Tensor, where: string): void {
  const certain = data.indexOf(Number.NEGATIVE_INFINITY);
  if (certain < 0) return;
  throw new VaeError(
    'unsupported',
    `${where}: the variance is 0 at ${indexText(certain, shape)}, so the KL is infinite. A deterministic model has ` +
      'no bound; compare x with its reconstruction instead.',
  );
}
