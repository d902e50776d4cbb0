import { type Posterior, posteriorOf } from '../latent/reparameterize.js';
import type { Tensor } from '../tensor.js';
import type { LikelihoodSpec } from './likelihood.js';
import { negativeElbo } from './negative-elbo.js';
import { type Decode, type PosteriorDrawOptions, posteriorDraws } from './posterior-draws.js';

/** `noise` is [draws, N, ...latent]; 8 `draws` when left out. */
export interface AnomalyScoreOptions extends PosteriorDrawOptions {}

const USUAL_DRAWS = 8;

/**
 * How unlikely a model finds each item: the negative evidence lower bound in nats, KL(q(z|x) || N(0, 1)) minus the mean
 * of log p(x|z) over K draws z from the posterior. Higher is stranger; more draws make it less noisy. Draw k is
 * `reparameterize` with step k, so it depends neither on K nor on the batch.
 *
 * A low likelihood is no proof of an anomaly: compare with scores of data known to be normal.
 *
 * @param x data [N, ...item] as the encoder saw it: normalised, thresholded; from 0 to 1 for a Bernoulli likelihood
 * @param posterior mean and logvar of x, [N, ...latent]
 * @param where begins the error's text
 * @returns N scores, nats
 * @throws VaeError "unsupported" for a likelihood that is not known and for a deterministic encoder, "bad-input",
 * "bad-option"; whatever `decode` throws
 * @see Kingma & Welling 2013, arXiv:1312.6114, eq. 7; Nalisnick et al. 2019, arXiv:1810.09136, for when it misleads
 * @example
 * // Of a model with a Bernoulli likelihood that neither normalises nor thresholds; `vae.anomalyScore` does all of it.
 * const decode = (z: Tensor) => vae.decode(z, { logits: true });
 * const scores = await anomalyScores(x, await vae.encode(x), decode, vae.likelihood, { draws: 16, seed: 0 });
 */
export async function anomalyScores(
  x: Tensor,
  posterior: Posterior,
  decode: Decode,
  likelihood: LikelihoodSpec,
  options?: AnomalyScoreOptions,
  where = 'anomalyScores',
): Promise<Float64Array> {
  const judging = { x, posterior, likelihood, decode, where };
  const scores = new Float64Array(posteriorOf(posterior, where).mean.shape[0]!);
  for await (const { decoded, draws } of posteriorDraws(judging, options, USUAL_DRAWS)) {
    const { total } = negativeElbo({ x, decoded, posterior, likelihood });
    for (let i = 0; i < scores.length; i++) scores[i]! += total[i]! / draws;
  }
  return scores;
}
