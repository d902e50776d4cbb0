import { VaeError } from '../errors.js';
import { optionsOf } from '../options.js';
import { freshSeed } from '../random/index.js';
import { indexText, sizeOf, type Tensor } from '../tensor.js';
import { assertTemperature, rowNoise } from './reparameterize.js';

export interface PriorSampleOptions {
  /** Whole number 0 to 2^53 - 1; a fresh one when left out. */
  readonly seed?: number;
  /** Standard deviation of the draws, >= 0; 1 when left out. */
  readonly temperature?: number;
  /** Draws further than this from 0, before the temperature, are drawn again; >= 0.01, none when left out. */
  readonly truncation?: number;
}

/**
 * Latents drawn from N(0, temperature^2). Row i takes the noise with stream 'sample' and index i, so the first rows
 * do not depend on n. With a truncation, elements beyond it come from step 1, 2, ... of their row instead.
 *
 * @param n how many, whole number >= 0
 * @param size latent dimensions, or the latent shape
 * @returns [n, ...size]
 * @throws VaeError "bad-option" for an n, size or option outside its limits
 * @see Brock et al. 2018, arXiv:1809.11096, section 3.1, for truncation
 * @example priorSample(16, 2, { seed: 1 }).shape // [16, 2]
 */
export function priorSample(
  n: number,
  size: number | readonly number[],
  options?: PriorSampleOptions,
): Tensor {
  const { seed = freshSeed(), temperature = 1, truncation } = optionsOf(options, 'sample');
  const shape = [n, ...(Array.isArray(size) ? size : [size])];
  if (!shape.every((length) => Number.isInteger(length) && length >= 0)) {
    throw new VaeError('bad-option', `sample: ${shape.join(' x ')} latents; expected whole numbers >= 0.`);
  }
  sizeOf(shape, 'sample', 'bad-option');
  assertTemperature(temperature, 'sample');
  if (truncation !== undefined && !(truncation >= 0.01)) {
    throw new VaeError('bad-option', `sample: truncation is ${truncation}, expected a number >= 0.01.`);
  }
  const data = rowNoise(shape, 'sample', seed);
  if (truncation !== undefined) redraw(data, shape, seed, truncation);
  for (let i = 0; i < data.length; i++) {
    data[i]! *= temperature;
    if (Number.isFinite(data[i]!)) continue;
    throw new VaeError(
      'bad-option',
      `sample: temperature is ${temperature}, which makes element ${indexText(i, shape)} ${data[i]}; choose a smaller one.`,
    );
  }
  return { data, shape };
}

function redraw(data: Float32Array, shape: readonly number[], seed: number, truncation: number): void {
  const beyond = (value: number) => Math.abs(value) > truncation;
  for (let step = 1; data.some(beyond); step++) {
    const next = rowNoise(shape, 'sample', seed, step);
    for (let i = 0; i < data.length; i++) if (beyond(data[i]!)) data[i] = next[i]!;
  }
}
