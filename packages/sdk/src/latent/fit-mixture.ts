import { VaeError } from '../errors.js';
import { optionsOf } from '../options.js';
import type { ArrayInput, Tensor } from '../tensor.js';
import { kMeans } from './k-means.js';
import { type Mixture, mostComponents, mostDimensions } from './mixture.js';
import { mixtureDensity, rowsOfLatents } from './mixture-density.js';
import { seedOf } from './noise.js';
import { weightedGaussian } from './weighted-gaussian.js';

export interface FitMixtureOptions {
  /** How many Gaussians, whole number 1 to 1024. */
  readonly components: number;
  /** Of the starting points; whole number 0 to 2^53 - 1, a fresh one when left out. */
  readonly seed?: number;
  /** Most steps; whole number >= 1, 100 when left out. */
  readonly iterations?: number;
  /** Stops when a step gains less than this, nats per latent; >= 0, 1e-4 when left out. */
  readonly tolerance?: number;
  /** Added to the diagonal of each covariance, so that no component collapses onto a point; > 0, 1e-6 when left out. */
  readonly regularisation?: number;
}

export interface FittedMixture {
  readonly mixture: Mixture;
  /** Mean log-density of the latents under the mixture, nats per latent. */
  readonly logLikelihood: number;
  /** Steps taken. */
  readonly iterations: number;
}

/**
 * Fits a mixture of Gaussians with full covariances by expectation maximisation, starting from the groups of k-means++
 * (the uniforms with stream 'mixture'). A seed gives the same mixture again, up to the last bits in which JavaScript
 * engines' exp and log differ. It finds a local optimum; other seeds may find a likelier one.
 *
 * @param latents [N, ...latent], D <= 512 dimensions; for a VAE, means or draws from the posteriors
 * @throws VaeError "bad-input" for fewer distinct latents than components, "bad-option" for options outside their limits
 * @see Bishop 2006, Pattern Recognition and Machine Learning, section 9.2; Arthur & Vassilvitskii 2007, "k-means++: the
 * advantages of careful seeding", SODA
 * @example
 * const { mixture, logLikelihood } = fitMixture([[0], [1], [10], [11]], { components: 2, seed: 0 });
 * // means 0.5 and 10.5 in some order, weights 1/2, variances 1/4 + 1e-6
 */
export function fitMixture(latents: ArrayInput, options: FitMixtureOptions): FittedMixture {
  const {
    components,
    seed,
    iterations = 100,
    tolerance = 1e-4,
    regularisation = 1e-6,
  } = optionsOf(options, 'fitMixture', ['components', 'seed', 'iterations', 'tolerance', 'regularisation']);
  assertOptions({ components, iterations, tolerance, regularisation });
  const rows = rowsOfLatents(latents, 'fitMixture');
  if (rows.shape[1]! > mostDimensions) {
    throw new VaeError(
      'bad-input',
      `fitMixture: latents of ${rows.shape[1]} dimensions, expected at most ${mostDimensions}.`,
    );
  }
  const groups = kMeans(rows, components, seedOf(seed));
  const shares = Array.from({ length: components }, (_, k) =>
    Float64Array.from(groups, (group) => Number(group === k)),
  );
  let mixture = maximise(rows, shares, regularisation);
  let logLikelihood = share(rows, mixture, shares);
  for (let step = 1; step <= iterations; step++) {
    const before = logLikelihood;
    mixture = maximise(rows, shares, regularisation);
    logLikelihood = share(rows, mixture, shares);
    if (logLikelihood - before < tolerance) return { mixture, logLikelihood, iterations: step };
  }
  return { mixture, logLikelihood, iterations };
}

/** E step: writes each latent's share in each component, gives the mean log-likelihood. */
function share({ data, shape }: Tensor, mixture: Mixture, shares: Float64Array[]): number {
  const [count, dimensions] = shape as [number, number];
  const density = mixtureDensity(mixture);
  const logs = new Float64Array(shares.length);
  let total = 0;
  for (let row = 0; row < count; row++) {
    const whole = density(data, row * dimensions, logs);
    for (let k = 0; k < shares.length; k++) shares[k]![row] = Math.exp(logs[k]! - whole);
    total += whole;
  }
  return total / count;
}

/** M step: weight, mean and covariance of each component from its shares. */
function maximise(rows: Tensor, shares: readonly Float64Array[], regularisation: number): Mixture {
  const fits = shares.map((own) => weightedGaussian(rows, own, regularisation));
  return {
    weights: fits.map(({ total }) => total / rows.shape[0]!),
    mean: fits.map(({ mean }) => Array.from(mean)),
    cholesky: fits.map(({ triangle }) => Array.from(triangle)),
  };
}

function assertOptions(options: Required<Omit<FitMixtureOptions, 'seed'>>): void {
  const { components, iterations, tolerance, regularisation } = options;
  const refuse = (name: keyof typeof options, expected: string): never => {
    throw new VaeError('bad-option', `fitMixture: ${name} is ${options[name]}, expected ${expected}.`);
  };
  const isCount = (value: number) => Number.isInteger(value) && value >= 1;
  if (!isCount(components) || components > mostComponents) {
    refuse('components', `a whole number from 1 to ${mostComponents}`);
  }
  if (!isCount(iterations)) refuse('iterations', 'a whole number >= 1');
  if (!(tolerance >= 0)) refuse('tolerance', 'a number >= 0');
  if (!(regularisation > 0 && regularisation < Number.POSITIVE_INFINITY)) {
    refuse('regularisation', 'a number above 0');
  }
}
