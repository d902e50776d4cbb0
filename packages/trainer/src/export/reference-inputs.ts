import type { Manifest } from '@vae/sdk/manifest';
import { normal, uniform } from '@vae/sdk/random';
import type { Session, TensorLike } from '@vae/sdk/runtime';
import { sampleSize } from '../graph/shape.js';
import { LABEL, oneHot } from '../model/label.js';
import type { HalfName } from './halves.js';

/** So many inputs each half is measured with. */
export const SAMPLES = 128;

/** Samples for one input of a graph, [128, ...shape]. */
export interface Samples {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
  /** What the graph takes as its second input. */
  readonly beside?: Samples;
}

/** Latents as `sample` draws them; a plain autoencoder's have no prior but the statistics of its codes. */
function drawLatents({ latent, prior }: Manifest): Float32Array {
  const size = sampleSize(latent.shape);
  const z = normal({ seed: 0, stream: 'export latents' }, SAMPLES * size);
  const { mean, std } = prior ?? {};
  if (latent.kind === 'gaussian' || !mean || !std) return z;
  return z.map((value, i) => mean[i % size] + std[i % size] * value);
}

/** Likely data and unlikely data: even samples are decoded from latents, odd ones are uniform noise. */
function mixData(
  { data: { shape, range = [0, 1], preprocess } }: Manifest,
  decoded: Float32Array,
): Float32Array {
  const [low, high] = range;
  const size = sampleSize(shape);
  const noise = uniform({ seed: 0, stream: 'export data' }, decoded.length);
  const threshold = preprocess?.binarize;
  return decoded.map((value, i) => {
    const mixed = Math.floor(i / size) % 2 === 0 ? value : low + (high - low) * noise[i];
    if (typeof threshold === 'number') return mixed > threshold ? 1 : 0;
    return mixed;
  });
}

/** Labels for the halves of a conditional model, of one class after the other. */
function drawLabels({ labels }: Manifest): { readonly beside?: Samples } {
  if (!labels?.conditional) return {};
  const width = labels.classes?.length ?? 0;
  const classes = Array.from({ length: SAMPLES }, (_, i) => i % width);
  return { beside: { name: LABEL, shape: [width], data: oneHot(classes, width) } };
}

/**
 * Inputs to measure a finished model with, whose data set is not at hand; the same for the same model.
 *
 * @param decoder the float32 file
 */
export async function drawInputs(
  manifest: Manifest,
  decoder: Pick<Session, 'run'>,
): Promise<Readonly<Record<HalfName, Samples>>> {
  const { latent, data } = manifest;
  const labels = drawLabels(manifest);
  const z = { name: 'z', shape: latent.shape, data: drawLatents(manifest), ...labels };
  const { x } = await decoder.run(feedOf(z, SAMPLES));
  return {
    encoder: { name: 'x', shape: data.shape, data: mixData(manifest, x.data as Float32Array), ...labels },
    decoder: z,
  };
}

/** The first `count` samples, as a session takes them. */
export const feedOf = (
  { name, shape, data, beside }: Samples,
  count: number,
): Record<string, TensorLike> => ({
  [name]: { data: data.slice(0, count * sampleSize(shape)), shape: [count, ...shape] },
  ...(beside && feedOf(beside, count)),
});
