import { VaeError } from '../errors.js';
import { optionsOf } from '../options.js';
import { indexText, type Tensor } from '../tensor.js';
import { type PriorSampleOptions, priorNoise } from './prior-noise.js';

/**
 * Latents drawn from N(0, temperature^2). Row i takes the noise with stream 'sample' and index `first` + i, so the
 * first rows do not depend on n. With a truncation, elements beyond it come from step 1, 2, ... of their row instead.
 *
 * @param n how many, whole number >= 0
 * @param size latent dimensions, or the latent shape
 * @returns [n, ...size]
 * @throws VaeError "bad-option" for an n, size or option outside its limits, "bad-input" for noise of another shape
 * @see Brock et al. 2018, arXiv:1809.11096, section 3.1, for truncation
 * @example priorSample(16, 2, { seed: 1 }).shape // [16, 2]
 */
export function priorSample(
  n: number,
  size: number | readonly number[],
  options?: PriorSampleOptions,
): Tensor {
  const settings = optionsOf(options, 'sample', ['seed', 'noise', 'first', 'temperature', 'truncation']);
  const { temperature = 1 } = settings;
  const shape = [n, ...(Array.isArray(size) ? size : [size])];
  const data = priorNoise(shape, settings).map((value) => value * temperature);
  assertCool(data, shape, temperature);
  return { data, shape };
}

/** Refuses draws that a temperature has made infinite. */
export function assertCool(data: Float32Array, shape: readonly number[], temperature: number): void {
  const hot = data.findIndex((value) => !Number.isFinite(value));
  if (hot < 0) return;
  throw new VaeError(
    'bad-option',
    `sample: temperature is ${temperature}, which makes element ${indexText(hot, shape)} ${data[hot]}; choose a smaller one.`,
  );
}
