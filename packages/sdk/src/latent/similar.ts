import { VaeError } from '../errors.js';
import { optionsOf } from '../options.js';
import { assertUint32 } from '../random/key.js';
import { shown } from '../shown.js';
import { type ArrayInput, show, sizeOf, type Tensor, toFloatTensor, zeros } from '../tensor.js';
import { type BatchPlace, type NoiseOptions, noiseOf } from './noise.js';

/** `noise` has the shape of the result. */
export interface SimilarOptions extends NoiseOptions, BatchPlace {
  /** Variants of each latent, whole number >= 1; 8 when left out. */
  readonly n?: number;
  /** Share of noise: 0 gives copies, 1 draws that have nothing to do with z; 0.5 when left out. */
  readonly amount?: number;
}

/**
 * Variants of latents, sqrt(1 - amount^2) z + amount eps. Where z is distributed as N(0, 1), so are they: plain
 * z + amount eps would be too far out, where a decoder has seen nothing. Variant k of row i takes the noise with stream
 * 'similar', step k and index `first` + i, so it depends neither on n nor on the batch.
 *
 * @param z [N, ...latent], or one flat latent [D]
 * @returns [N * n, ...latent]: the n variants of the first latent, then those of the second, ...
 * @throws VaeError "bad-input" for a shape without latents or noise of another shape, "bad-option" for n, amount or seed
 * outside their limits
 * @see Cotter et al. 2013, arXiv:1202.0709, whose pCN proposal it is
 * @example similar([0.3, -1.2], { n: 4, amount: 0.3, seed: 1 }).shape // [4, 2]
 */
export function similar(z: ArrayInput, options?: SimilarOptions): Tensor {
  const {
    n = 8,
    amount = 0.5,
    seed,
    noise,
    first = 0,
  } = optionsOf(options, 'similar', ['n', 'amount', 'seed', 'noise', 'first']);
  const latents = toFloatTensor(z, 'similar z');
  const [count, ...item] = latents.shape.length === 1 ? [1, ...latents.shape] : latents.shape;
  if (count === undefined) {
    throw new VaeError('bad-input', `similar: z is ${show(latents.shape)}, expected [N, ...latent] or [D].`);
  }
  if (!Number.isInteger(n) || n < 1) {
    throw new VaeError('bad-option', `similar: n is ${shown(n)}, expected a whole number >= 1.`);
  }
  if (!(typeof amount === 'number' && amount >= 0 && amount <= 1)) {
    throw new VaeError('bad-option', `similar: amount is ${shown(amount)}, expected a number from 0 to 1.`);
  }
  assertUint32(first, 'first', 'similar');
  const shape = [count * n, ...item];
  const eps = noiseOf(shape, { seed, noise }, 'similar', (row) => ({
    stream: 'similar',
    step: row % n,
    index: first + Math.floor(row / n),
  }));
  const kept = Math.sqrt(1 - amount * amount);
  const size = sizeOf(item, 'similar');
  const data = zeros(shape, 'similar', 'bad-option');
  for (let i = 0; i < data.length; i++) {
    const from = Math.floor(i / size / n) * size + (i % size);
    data[i] = kept * latents.data[from]! + amount * eps[i]!;
  }
  return { data, shape };
}
