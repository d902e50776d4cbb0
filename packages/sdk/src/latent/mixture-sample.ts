import { VaeError } from '../errors.js';
import { optionsOf } from '../options.js';
import { freshSeed, uniform } from '../random/index.js';
import { show, type Tensor } from '../tensor.js';
import { assertMixture, type Mixture } from './mixture.js';
import { type PriorSampleOptions, priorNoise } from './prior-noise.js';
import { assertCool } from './prior-sample.js';

export interface MixtureSampleOptions extends PriorSampleOptions {
  /** Component of each latent, n whole numbers from 0 to K - 1; drawn by the weights when left out. */
  readonly components?: ArrayLike<number>;
}

/**
 * Latents drawn from a mixture: z = mean_k + temperature L_k eps. Row i takes component k, the first one whose summed
 * weights exceed the uniform with stream 'sample/component' and index `first` + i; its eps is the row that
 * `priorSample` would draw with that seed, truncation included. So a temperature of 0 gives the means.
 *
 * @param n how many, whole number >= 0
 * @returns [n, D]
 * @throws VaeError "bad-input" for a mixture that is none or noise of another shape, "bad-option" for an n or option
 * outside its limits, and for noise without components
 * @see Bishop 2006, Pattern Recognition and Machine Learning, section 9.2; Ghosh et al. 2020, arXiv:1903.12436, for
 * sampling an autoencoder from a mixture fitted to its latents
 * @example
 * const { mixture } = fitMixture((await vae.encode(images)).mean, { components: 10, seed: 0 });
 * const pixels = await vae.decode(mixtureSample(16, mixture, { seed: 1 }));
 */
export function mixtureSample(n: number, mixture: Mixture, options?: MixtureSampleOptions): Tensor {
  const settings = optionsOf(options, 'sample', [
    'seed',
    'noise',
    'first',
    'temperature',
    'truncation',
    'components',
  ]);
  const { noise, temperature = 1, seed = noise === undefined ? freshSeed() : undefined } = settings;
  const dimensions = assertMixture(mixture, 'sample');
  const shape = [n, dimensions];
  const data = priorNoise(shape, { ...settings, seed });
  const components = settings.components ?? drawComponents(n, mixture, seed, settings.first);
  assertComponents(components, n, mixture.weights.length);
  for (let row = 0; row < n; row++) {
    const k = components[row]!;
    const z = data.subarray(row * dimensions, (row + 1) * dimensions);
    place(z, { mean: mixture.mean[k]!, triangle: mixture.cholesky[k]!, temperature });
  }
  assertCool(data, shape, temperature);
  return { data, shape };
}

function drawComponents(n: number, { weights }: Mixture, seed: number | undefined, first = 0): number[] {
  if (seed === undefined) {
    throw new VaeError(
      'bad-option',
      `sample: noise does not say which components to take; give ${n} components too.`,
    );
  }
  const last = weights.findLastIndex((weight) => weight > 0);
  return Array.from({ length: n }, (_, row) => {
    const [u] = uniform({ seed, stream: 'sample/component', index: first + row }, 1);
    let sum = 0;
    const k = weights.findIndex((weight) => {
      sum += weight;
      return sum > u!;
    });
    // Weights may sum to a little less than 1.
    return k < 0 ? last : k;
  });
}

function assertComponents(components: ArrayLike<number>, n: number, count: number): void {
  const list = Array.from(components);
  if (list.length === n && list.every((k) => Number.isInteger(k) && k >= 0 && k < count)) return;
  throw new VaeError(
    'bad-option',
    `sample: components is ${show(list.slice(0, 8))}, expected ${n} whole numbers from 0 to ${count - 1}.`,
  );
}

/** eps becomes mean + temperature L eps. From the last element on, since element i needs those before it. */
function place(
  eps: Float32Array,
  {
    mean,
    triangle,
    temperature,
  }: { mean: readonly number[]; triangle: readonly number[]; temperature: number },
): void {
  for (let i = eps.length - 1; i >= 0; i--) {
    const row = (i * (i + 1)) / 2;
    let sum = 0;
    for (let j = 0; j <= i; j++) sum += triangle[row + j]! * eps[j]!;
    eps[i] = mean[i]! + temperature * sum;
  }
}
