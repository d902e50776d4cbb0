import { VaeError } from '../errors.js';
import { assertOneSource, type BatchPlace, givenNoise, type NoiseOptions, seedOf } from '../latent/noise.js';
import { type Posterior, posteriorNoise, posteriorOf, reparameterize } from '../latent/reparameterize.js';
import { optionsOf } from '../options.js';
import { shown } from '../shown.js';
import type { Tensor } from '../tensor.js';
import { type LikelihoodSpec, likelihoodOf } from './likelihood.js';
import { assertRandom } from './negative-elbo.js';

/** `noise` is [draws, N, ...latent]. */
export interface PosteriorDrawOptions extends NoiseOptions, BatchPlace {
  /** Draws from each posterior, K; whole number from 1 to 10000. */
  readonly draws?: number;
}

/** Decodes latents [N, ...latent] to what the likelihood takes (`likelihoodOf(spec).output`), [N, ...item]. */
export type Decode = (z: Tensor) => Promise<Tensor>;

/** What draws are made for. */
export interface Judging {
  /** Data [N, ...item] as the encoder saw it. */
  readonly x: Tensor;
  /** Mean and logvar of x, [N, ...latent]. */
  readonly posterior: Posterior;
  readonly likelihood: LikelihoodSpec;
  readonly decode: Decode;
  /** Begins the errors' texts. */
  readonly where: string;
}

/** One draw from each posterior, decoded. */
export interface Draw {
  /** What z was made of: (z - mean) / exp(logvar / 2), before z was rounded. */
  readonly noise: Float32Array;
  /** [N, ...latent] */
  readonly z: Tensor;
  /** [N, ...item] */
  readonly decoded: Tensor;
  /** How many there are in all. */
  readonly draws: number;
}

/**
 * K draws, one after another: draw k is `reparameterize` with step k, so it depends neither on K nor on the batch. Everything
 * is looked at before the first is decoded.
 *
 * @throws VaeError "unsupported" for a likelihood that is not known and for a deterministic encoder, "bad-input",
 * "bad-option"; whatever `decode` throws
 */
export async function* posteriorDraws(
  { x, posterior, likelihood, decode, where }: Judging,
  options: PosteriorDrawOptions | undefined,
  usualDraws: number,
): AsyncGenerator<Draw> {
  const {
    draws = usualDraws,
    seed,
    noise: all,
    first,
  } = optionsOf(options, where, ['draws', 'seed', 'noise', 'first']);
  if (!Number.isInteger(draws) || draws < 1 || draws > 10_000) {
    throw new VaeError(
      'bad-option',
      `${where}: draws is ${shown(draws)}, expected a whole number from 1 to 10000.`,
    );
  }
  likelihoodOf(likelihood, where).assertData(x, where);
  const { mean, logvar } = posteriorOf(posterior, where);
  assertRandom(logvar, where);
  assertOneSource({ seed, noise: all }, where);
  const size = mean.data.length;
  const given = all === undefined ? undefined : givenNoise(all, [draws, ...mean.shape], where);
  const chosen = seedOf(seed);
  for (let k = 0; k < draws; k++) {
    const source = given ? { noise: given.subarray(k * size, (k + 1) * size) } : { seed: chosen };
    const noise = posteriorNoise(mean.shape, { ...source, step: k, first }, where);
    const z = reparameterize(posterior, { noise });
    yield { noise, z, decoded: await decode(z), draws };
  }
}
