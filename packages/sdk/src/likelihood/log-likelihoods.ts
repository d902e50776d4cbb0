import { type Posterior, posteriorOf } from '../latent/reparameterize.js';
import type { Tensor } from '../tensor.js';
import type { LikelihoodSpec } from './likelihood.js';
import { negativeElbo } from './negative-elbo.js';
import { type Decode, type Draw, type PosteriorDrawOptions, posteriorDraws } from './posterior-draws.js';

const USUAL_DRAWS = 100;

/**
 * How probable a model finds each item: log p(x) in nats, estimated from K draws z of the posterior, weighted by
 * importance: log(1/K sum p(x|z) p(z) / q(z|x)). One draw gives the evidence lower bound in expectation, more a tighter
 * bound, in the limit log p(x) itself. Draws are those of `anomalyScores`.
 *
 * @param x data [N, ...item] as the encoder saw it: normalised, thresholded; from 0 to 1 for a Bernoulli likelihood
 * @param posterior mean and logvar of x, [N, ...latent]
 * @param options `draws` K, 100 when left out; `noise` is [draws, N, ...latent]
 * @param where begins the error's text
 * @returns N estimates, nats; higher is more probable
 * @throws VaeError "unsupported" for a likelihood that is not known and for a deterministic encoder, "bad-input",
 * "bad-option"; whatever `decode` throws
 * @see Burda, Grosse & Salakhutdinov 2016, arXiv:1509.00519, equation 8
 * @example
 * // Of a model with a Bernoulli likelihood that neither normalises nor thresholds; `vae.logLikelihood` does all of it.
 * const decode = (z: Tensor) => vae.decode(z, { logits: true });
 * const nats = await logLikelihoods(x, await vae.encode(x), decode, vae.likelihood, { draws: 500, seed: 0 });
 */
export async function logLikelihoods(
  x: Tensor,
  posterior: Posterior,
  decode: Decode,
  likelihood: LikelihoodSpec,
  options?: PosteriorDrawOptions,
  where = 'logLikelihoods',
): Promise<Float64Array> {
  const judging = { x, posterior, likelihood, decode, where };
  const given = posteriorOf(posterior, where);
  const sums = new Float64Array(given.mean.shape[0]!).fill(Number.NEGATIVE_INFINITY);
  for await (const { z, noise, decoded, draws } of posteriorDraws(judging, options, USUAL_DRAWS)) {
    const { reconstruction } = negativeElbo({ x, decoded, posterior, likelihood });
    const ratios = logRatios({ z, noise }, given);
    for (let i = 0; i < sums.length; i++) {
      sums[i] = logAddExp(sums[i]!, ratios[i]! - reconstruction[i]! - Math.log(draws));
    }
  }
  return sums;
}

/**
 * log p(z) - log q(z|x) of each item: 1/2 sum(logvar + noise^2 - z^2). The noise stands for (z - mean) / exp(logvar / 2),
 * which the rounding of z falsifies where the posterior is narrow, and which is 0 / 0 where its variance underflows.
 */
function logRatios({ z, noise }: Pick<Draw, 'z' | 'noise'>, { logvar }: Posterior): Float64Array {
  const sums = new Float64Array(z.shape[0]!);
  const size = z.data.length / sums.length;
  for (let i = 0; i < z.data.length; i++)
    sums[Math.floor(i / size)]! += (logvar.data[i]! + noise[i]! ** 2 - z.data[i]! ** 2) / 2;
  return sums;
}

/** log(exp(a) + exp(b)) without overflow. */
function logAddExp(a: number, b: number): number {
  const most = Math.max(a, b);
  return most === Number.NEGATIVE_INFINITY ? most : most + Math.log1p(Math.exp(Math.min(a, b) - most));
}
