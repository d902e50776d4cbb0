import type { Manifest } from '@vae/sdk/manifest';

/** How far from 0 and 1 the mean and deviation of codes may be that lie about as N(0, 1) does. */
const MOST_APART = 0.5;

/**
 * Whether draws from N(0, 1) lie where codes do. Gaussian ones are trained to; codes without noise are where they were held
 * there, as those of a Wasserstein autoencoder are, and a plain autoencoder's lie anywhere.
 *
 * @param kind of the latents
 * @param prior mean and deviation of codes, where they are known
 */
export function hasPrior(kind: string, prior: Manifest['prior']): boolean {
  if (kind !== 'deterministic') return true;
  const { mean = [], std = [] } = prior ?? {};
  const isNear = (values: readonly number[], target: number) =>
    values.length > 0 && values.every((value) => Math.abs(value - target) <= MOST_APART);
  return isNear(mean, 0) && isNear(std, 1);
}
