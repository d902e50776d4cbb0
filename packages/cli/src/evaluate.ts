import type { Posterior, Tensor, VAE } from '@vae/sdk';
import { likelihoodOf, logLikelihoods, negativeElbo } from '@vae/sdk/likelihood';
import { type Normalization, normalized } from '@vae/sdk/manifest';
import { fillUniform } from '@vae/sdk/random';
import { UsageError } from '@vae/trainer/terminal';
import type { Items } from './io/read-dataset.js';
import { itemSize } from './tensors.js';

/** How well a model explains data, by one draw per sample; all numbers in nats per sample. */
export interface Evaluation {
  /** E log p(x|z) - KL, a lower bound of log p(x); higher is better. Null for a plain autoencoder, which has none. */
  readonly bound: number | null;
  /** Standard error over the samples: of `bound`, or of `reconstruction` where that is null; NaN for a single sample. */
  readonly standardError: number;
  /** -log p(x|z); lower is better. */
  readonly reconstruction: number;
  /** Null where there is no bound. */
  readonly kl: number | null;
  /** log p(x), estimated by importance from many draws per sample; only where that was asked for. */
  readonly logLikelihood?: number;
  readonly samples: number;
}

export interface EvaluateOptions {
  readonly seed: number;
  /** Of each sample, for `logLikelihood`; none when left out. */
  readonly draws?: number;
  readonly onBatch?: (samples: number) => void;
}

/** The part of a model that its evaluation needs. */
export interface Judged extends Pick<VAE, 'manifest' | 'latent' | 'likelihood' | 'reparameterize'> {
  encode(x: Tensor, options?: Told): Promise<Posterior>;
  decode(z: Tensor, options?: Told & { readonly logits?: boolean }): Promise<Tensor>;
}

/** What its verbs are told. */
interface Told extends Pick<Items, 'label'> {
  readonly normalized?: boolean;
}

/**
 * Judges a model on batches as its `encode` takes them: images N C H W in [0, 1], other data in their own units. They
 * are normalised and binarised first where the model was trained on such data, and the bound is of what comes out.
 *
 * A conditional model is told the labels of a batch at both ends: the bound is of log p(x|label).
 *
 * The noise of a sample depends on the seed and the sample's place only, so the batch size changes nothing.
 *
 * @throws UsageError when the latents are neither Gaussian nor those of a plain autoencoder, VaeError "unsupported" for a likelihood that is not known
 */
export async function evaluate(
  vae: Judged,
  batches: AsyncIterable<Items>,
  { seed, draws, onBatch }: EvaluateOptions,
): Promise<Evaluation> {
  const { latent, likelihood, manifest } = vae;
  assertVectors(latent.kind);
  const isPlain = latent.kind === 'deterministic';
  if (isPlain && draws) throw new UsageError('eval: a plain autoencoder has no log p(x); leave out --draws.');
  if (likelihood.kind === 'none') {
    throw new UsageError(
      'eval: nothing says how probable the model finds an item, so there is no bound; compare with what vae reconstruct ' +
        'gives. A program can tell it: VAE.load(files, { likelihood }).',
    );
  }
  const { output, logProb, assertData } = likelihoodOf(likelihood, 'eval');
  const logits = output === 'logits';
  const { binarize, normalize } = manifest?.data.preprocess ?? {};
  // The densities are those of training: of values as the graphs take and give them.
  const scale = normalize && { normalized: true };
  const losses: number[] = [];
  let klSum = 0;
  let natsSum = 0;
  for await (const batch of batches) {
    const first = losses.length;
    const x = binarized(normalizedBy(normalize, batch), binarize, { seed, first });
    assertData(x, 'eval');
    const told = batch.label === undefined ? scale : { ...scale, label: batch.label };
    const posterior = await vae.encode(x, told);
    const decode = (z: Tensor) => vae.decode(z, { logits, ...told });
    const decoded = await decode(vae.reparameterize(posterior, { seed, first }));
    if (isPlain) {
      const means = itemsOf(decoded);
      losses.push(...itemsOf(x).map((item, i) => -logProb(item, means[i])));
    } else {
      const { total, kl } = negativeElbo({ x, decoded, posterior, likelihood });
      for (const value of kl) klSum += value;
      losses.push(...total);
    }
    if (draws) {
      const nats = await logLikelihoods(x, posterior, decode, likelihood, { draws, seed, first }, 'eval');
      for (const value of nats) natsSum += value;
    }
    onBatch?.(losses.length);
  }
  const samples = losses.length;
  const loss = losses.reduce((sum, value) => sum + value, 0) / samples;
  const squares = losses.reduce((sum, value) => sum + (value - loss) ** 2, 0);
  const standardError = Math.sqrt(squares / (samples - 1) / samples);
  if (isPlain) return { bound: null, standardError, reconstruction: loss, kl: null, samples };
  const kl = klSum / samples;
  const estimate = draws && { logLikelihood: natsSum / samples };
  return { bound: -loss, standardError, reconstruction: loss - kl, kl, ...estimate, samples };
}

function assertVectors(kind: string): void {
  if (kind === 'gaussian' || kind === 'deterministic') return;
  throw new UsageError(
    `eval: the model has ${kind} latents; only models with gaussian ones and plain autoencoders can be judged.`,
  );
}

function itemsOf(tensor: Tensor): Float32Array[] {
  const size = itemSize(tensor);
  return Array.from({ length: tensor.shape[0] }, (_, i) => tensor.data.subarray(i * size, (i + 1) * size));
}

function normalizedBy(rule: Normalization | undefined, { data, shape }: Tensor): Tensor {
  return { data: rule ? normalized(data, rule) : data, shape };
}

/** What the model was trained to see: 1 above a threshold, or 1 with the grey value as probability. */
function binarized(images: Tensor, rule: number | 'dynamic' | undefined, { seed, first }: Place): Tensor {
  if (rule === undefined) return images;
  if (rule !== 'dynamic') return { ...images, data: images.data.map((value) => Number(value > rule)) };
  const size = itemSize(images);
  const draws = new Float32Array(images.data.length);
  for (let row = 0; row < images.shape[0]; row++) {
    fillUniform(draws.subarray(row * size, (row + 1) * size), {
      seed,
      stream: 'binarize',
      index: first + row,
    });
  }
  return { ...images, data: images.data.map((value, place) => Number(draws[place] < value)) };
}

/** Where random numbers begin: the number of the batch's first sample. */
interface Place {
  readonly seed: number;
  readonly first: number;
}
