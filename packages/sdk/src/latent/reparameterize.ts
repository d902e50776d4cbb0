import { VaeError } from '../errors.js';
import { optionsOf } from '../options.js';
import { fillNormal, freshSeed } from '../random/index.js';
import {
  type ArrayInput,
  sameShape,
  show,
  type Tensor,
  toAnyTensor,
  toFloatTensor,
  zeros,
} from '../tensor.js';

/** A Gaussian per item and dimension: mean and natural logarithm of the variance, both [N, ...latent]. */
export interface Posterior {
  readonly mean: Tensor;
  /** Minus infinity where the variance is 0 (a deterministic encoder). */
  readonly logvar: Tensor;
}

export interface ReparameterizeOptions {
  /** Whole number 0 to 2^53 - 1; a fresh one when neither seed nor noise is given. */
  readonly seed?: number;
  /** Standard-normal values to use instead of drawn ones, of the means' shape. */
  readonly noise?: ArrayInput;
  /** Factor on the standard deviation, >= 0; 1 when left out, 0 gives the means. */
  readonly temperature?: number;
}

/**
 * One draw from each posterior: z = mean + exp(logvar / 2) * temperature * eps. Row i takes the noise with
 * stream 'reparameterize' and index i, so a seed gives the same draw on every device.
 *
 * @param posterior mean and logvar, both [N, ...latent]
 * @returns z [N, ...latent]
 * @throws VaeError "bad-input" for shapes that differ or a NaN, "bad-option" for a temperature below 0, or seed and
 * noise together
 * @see Kingma & Welling 2013, arXiv:1312.6114, section 2.4
 * @example const z = reparameterize(await vae.encode(images), { seed: 7 })
 */
export function reparameterize(posterior: Posterior, options?: ReparameterizeOptions): Tensor {
  const { seed, noise, temperature = 1 } = optionsOf(options, 'reparameterize');
  const [mean, logvar] = [part(posterior, 'mean'), part(posterior, 'logvar')];
  if (!sameShape(mean.shape, logvar.shape)) {
    throw new VaeError(
      'bad-input',
      `reparameterize: mean is ${show(mean.shape)} and logvar ${show(logvar.shape)}; they have to be alike.`,
    );
  }
  if (noise !== undefined && seed !== undefined) {
    throw new VaeError('bad-option', 'reparameterize: give either a seed or the noise, not both.');
  }
  assertTemperature(temperature, 'reparameterize');
  const eps =
    noise === undefined ? rowNoise(mean.shape, 'reparameterize', seed) : givenNoise(noise, mean.shape);
  const data = new Float32Array(mean.data.length);
  for (let i = 0; i < data.length; i++) {
    const value = mean.data[i]! + Math.exp(logvar.data[i]! / 2) * temperature * eps[i]!;
    if (!Number.isFinite(Math.fround(value))) {
      throw new VaeError(
        'bad-input',
        `reparameterize: element ${i} has mean ${mean.data[i]} and logvar ${logvar.data[i]}, which give ${value}.`,
      );
    }
    data[i] = value;
  }
  return { data, shape: [...mean.shape] };
}

function part(posterior: Posterior | null | undefined, name: 'mean' | 'logvar'): Tensor {
  const value: unknown = posterior?.[name];
  if (typeof value !== 'object' || value === null || !('shape' in value)) {
    throw new VaeError(
      'bad-input',
      `reparameterize: ${name} is no tensor; pass { mean, logvar }, as encode gives them.`,
    );
  }
  return toAnyTensor(value as Tensor, `reparameterize ${name}`);
}

/** Standard normals of a shape [N, ...], row i drawn with index i. */
export function rowNoise(
  shape: readonly number[],
  stream: string,
  seed = freshSeed(),
  step = 0,
): Float32Array {
  const count = shape[0] ?? 1;
  const size = shape.slice(1).reduce((product, length) => product * length, 1);
  const out = zeros(shape, stream, 'bad-option');
  for (let row = 0; row < count; row++) fillNormal(out, { seed, stream, step, index: row }, row * size, size);
  return out;
}

export function assertTemperature(temperature: number, where: string): void {
  if (!(temperature >= 0 && temperature < Number.POSITIVE_INFINITY)) {
    throw new VaeError('bad-option', `${where}: temperature is ${temperature}, expected a number >= 0.`);
  }
}

function givenNoise(noise: ArrayInput, shape: readonly number[]): Float32Array {
  const given = toFloatTensor(noise, 'reparameterize noise');
  const flat =
    given.shape.length === 1 && given.data.length === shape.reduce((size, length) => size * length, 1);
  if (!flat && !sameShape(given.shape, shape)) {
    throw new VaeError(
      'bad-input',
      `reparameterize: noise is ${show(given.shape)}, the means are ${show(shape)}; they have to be alike.`,
    );
  }
  return given.data;
}
