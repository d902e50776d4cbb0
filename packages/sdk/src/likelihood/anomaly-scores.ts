import { VaeError } from '../errors.js';
import { assertOneSource, type BatchPlace, givenNoise, type NoiseOptions, seedOf } from '../latent/noise.js';
import { type Posterior, posteriorOf, reparameterize } from '../latent/reparameterize.js';
import { optionsOf } from '../options.js';
import { shown } from '../shown.js';
import type { Tensor } from '../tensor.js';
import { type LikelihoodSpec, likelihoodOf } from './likelihood.js';
import { assertRandom, negativeElbo } from './negative-elbo.js';

/** `noise` is [draws, N, ...latent]. */
export interface AnomalyScoreOptions extends NoiseOptions, BatchPlace {
  /** Draws from each posterior, K; whole number from 1 to 10000, 8 when left out. */
  readonly draws?: number;
}

/** Decodes latents [N, ...latent] to what the likelihood takes (`likelihoodOf(spec).output`), [N, ...item]. */
export type Decode = (z: Tensor) => Promise<Tensor>;

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
  const { draws = 8, seed, noise, first } = optionsOf(options, where, ['draws', 'seed', 'noise', 'first']);
  if (!Number.isInteger(draws) || draws < 1 || draws > 10_000) {
    throw new VaeError(
      'bad-option',
      `${where}: draws is ${shown(draws)}, expected a whole number from 1 to 10000.`,
    );
  }
  likelihoodOf(likelihood, where).assertData(x, where);
  const { mean, logvar } = posteriorOf(posterior, where);
  assertRandom(logvar, where);
  assertOneSource({ seed, noise }, where);
  const size = mean.data.length;
  const given = noise === undefined ? undefined : givenNoise(noise, [draws, ...mean.shape], where);
  const chosen = seedOf(seed);
  const scores = new Float64Array(mean.shape[0] ?? 0);
  for (let k = 0; k < draws; k++) {
    const source = given ? { noise: given.subarray(k * size, (k + 1) * size) } : { seed: chosen };
    const z = reparameterize(posterior, { ...source, step: k, first });
    const { total } = negativeElbo({ x, decoded: await decode(z), posterior, likelihood });
    for (let i = 0; i < scores.length; i++) scores[i]! += total[i]! / draws;
  }
  return scores;
}
