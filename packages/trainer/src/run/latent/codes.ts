import { posteriorStatistics } from '@vae/sdk/latent';
import { preprocess } from '../../data/preprocess.js';
import type { Compiled } from '../../engines/engine.js';
import { type FeederOptions, makeFeeds } from '../feeder.js';
import { chunksOf } from '../indices.js';

/** Samples that the statistics of a part are taken over, where it has so many. */
const MEASURED = 10_000;

export interface LatentStatistics {
  /** Of the aggregate posterior, per dimension. */
  readonly mean: number[];
  readonly std: number[];
  /** Variance over the data of the codes' means, per dimension. */
  readonly meanVariance: number[];
  /** Mean KL to the prior per dimension, nats; 0 for a code without noise. */
  readonly kl: number[];
  /**
   * Dimensions whose means vary over the data by more than 0.01 (variance).
   *
   * @see Burda, Grosse, Salakhutdinov 2016, arXiv:1509.00519, section 5.2
   */
  readonly activeUnits: number;
  readonly samples: number;
}

/** Codes of some samples of one part. */
export interface Codes {
  /** [samples, latent] in row-major order, as `logvar`, which a code without noise lacks. */
  readonly mean: Float32Array;
  readonly logvar?: Float32Array;
  readonly latent: number;
  readonly samples: number;
}

/** The samples, for the program that encodes. */
interface CodeOptions extends FeederOptions {
  readonly latent: number;
}

/** Codes of the first samples of a part, at most `limit` of them. */
export async function encodePart(compiled: Compiled, options: CodeOptions, limit: number): Promise<Codes> {
  const { split, latent } = options;
  const samples = Math.min(limit, split.size);
  const mean = new Float32Array(samples * latent);
  let logvar: Float32Array | undefined;
  for (const indices of chunksOf(samples)) {
    const codes = await encodeSamples(compiled, options, indices);
    const start = indices[0] * latent;
    mean.set(codes.mean, start);
    if (!codes.logvar) continue;
    logvar ??= new Float32Array(samples * latent);
    logvar.set(codes.logvar, start);
  }
  return { mean, logvar, latent, samples };
}

/** Mean and deviation of q(z) = mean of q(z|x), and KL, per latent dimension. */
export function statisticsOf({ mean, logvar, latent, samples }: Codes): LatentStatistics {
  const shape = [samples, latent];
  const sums = posteriorStatistics();
  const noiseless = () => new Float32Array(mean.length).fill(Number.NEGATIVE_INFINITY);
  sums.add({ mean: { data: mean, shape }, logvar: { data: logvar ?? noiseless(), shape } });
  const { mean: center, std, meanStd, kl, activeUnits } = sums.result();
  return {
    mean: center,
    std,
    meanVariance: meanStd.map((deviation) => deviation ** 2),
    kl: logvar ? kl : kl.map(() => 0),
    activeUnits,
    samples,
  };
}

/** How codes are spread over the data. */
export const latentStatistics = async (compiled: Compiled, options: CodeOptions): Promise<LatentStatistics> =>
  statisticsOf(await encodePart(compiled, options, MEASURED));

/** Codes of some samples, read as `readSamples` does, and each as its class where the encoder is told it. */
export async function encodeSamples(compiled: Compiled, options: FeederOptions, indices: readonly number[]) {
  const at = { step: 0, visit: 0, indices };
  const feeds = await makeFeeds({ ...options, purpose: 'look/' }, at, indices.length);
  return (await compiled.run('encode', feeds)) as { mean: Float32Array; logvar?: Float32Array };
}

/** Some samples as the networks see them, binarised as in training (a dynamic draw always the same one). */
export async function readSamples(
  { split, itemSize, binarize, seed, range: valueRange }: Omit<FeederOptions, 'program'>,
  indices: readonly number[],
): Promise<Float32Array> {
  const x = new Float32Array(indices.length * itemSize);
  await split.read(indices, x);
  preprocess(x, indices, itemSize, binarize, { seed, step: 0 }, valueRange);
  return x;
}
