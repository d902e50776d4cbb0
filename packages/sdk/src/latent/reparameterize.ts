import { VaeError } from '../errors.js';
import { optionsOf } from '../options.js';
import { assertUint32 } from '../random/key.js';
import { sameShape, show, type Tensor, toAnyTensor } from '../tensor.js';
import { assertTemperature, type BatchPlace, type NoiseOptions, noiseOf } from './noise.js';

/** A Gaussian per item and dimension: mean and natural logarithm of the variance, both [N, ...latent]. */
export interface Posterior {
  readonly mean: Tensor;
  /** Minus infinity where the variance is 0 (a deterministic encoder). */
  readonly logvar: Tensor;
}

/** `noise` has the means' shape. */
export interface ReparameterizeOptions extends NoiseOptions, BatchPlace {
  /** Which draw with this seed, uint32; 0 when left out. Different steps are independent draws. */
  readonly step?: number;
  /** Factor on the standard deviation, >= 0; 1 when left out, 0 gives the means. */
  readonly temperature?: number;
}

/**
 * One draw from each posterior: z = mean + exp(logvar / 2) * temperature * eps. Row i takes the noise with
 * stream 'reparameterize', the step, and index `first` + i, so a seed gives the same draw on every device, and a
 * batch in parts the same as the whole.
 *
 * @param posterior mean and logvar, both [N, ...latent]
 * @returns z [N, ...latent]
 * @throws VaeError "bad-input" for shapes that differ or a NaN, "bad-option" for a temperature below 0, or seed and
 * noise together
 * @see Kingma & Welling 2013, arXiv:1312.6114, section 2.4
 * @example const z = reparameterize(await vae.encode(images), { seed: 7 })
 */
export function reparameterize(posterior: Posterior, options?: ReparameterizeOptions): Tensor {
  const {
    seed,
    noise,
    step,
    first,
    temperature = 1,
  } = optionsOf(options, 'reparameterize', ['seed', 'noise', 'step', 'first', 'temperature']);
  const { mean, logvar } = posteriorOf(posterior, 'reparameterize');
  assertTemperature(temperature, 'reparameterize');
  const eps = posteriorNoise(mean.shape, { seed, noise, step, first }, 'reparameterize');
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

/**
 * The noise of one draw from posteriors whose means have a shape, as `reparameterize` takes it.
 *
 * @throws VaeError "bad-option" for seed and noise together, "bad-input" for noise of another shape
 */
export function posteriorNoise(
  shape: readonly number[],
  { seed, noise, step = 0, first = 0 }: Omit<ReparameterizeOptions, 'temperature'>,
  where: string,
): Float32Array {
  assertUint32(first, 'first', where);
  const keyOf = (row: number) => ({ stream: 'reparameterize', step, index: first + row }) as const;
  return noiseOf(shape, { seed, noise }, where, keyOf);
}

/**
 * Mean and logvar as tensors of one shape.
 *
 * @throws VaeError "bad-input" for what is no posterior, and shapes that differ
 */
export function posteriorOf(posterior: Posterior | null | undefined, where: string): Posterior {
  const mean = part(posterior, 'mean', where);
  const logvar = part(posterior, 'logvar', where);
  if (!sameShape(mean.shape, logvar.shape)) {
    throw new VaeError(
      'bad-input',
      `${where}: mean is ${show(mean.shape)} and logvar ${show(logvar.shape)}; they have to be alike.`,
    );
  }
  return { mean, logvar };
}

function part(posterior: Posterior | null | undefined, name: 'mean' | 'logvar', where: string): Tensor {
  if (typeof Object(posterior).then === 'function') {
    throw new VaeError('bad-input', `${where}: the posterior is a Promise; await it first.`);
  }
  const value: unknown = posterior?.[name];
  if (typeof value !== 'object' || value === null || !('shape' in value)) {
    throw new VaeError(
      'bad-input',
      `${where}: ${name} is no tensor; pass { mean, logvar }, as encode gives them.`,
    );
  }
  return toAnyTensor(value as Tensor, `${where} ${name}`);
}
