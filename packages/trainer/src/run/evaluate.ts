import { preprocess } from '../data/preprocess.js';
import type { Compiled } from '../engines/engine.js';
import { type FeederOptions, makeFeeds } from './feeder.js';
import { type Metrics, SampleStatistics } from './metrics.js';

const CHUNK = 200;

/** `from`, `from + 1`, … below `end`. */
export const range = (from: number, end: number): number[] =>
  Array.from({ length: end - from }, (_, i) => from + i);

/**
 * Means of every term over a part of the data, in nats per sample: one draw per sample, always the same draws, so
 * that two evaluations compare. `standardError` is that of the bound (of the loss where there is no bound).
 */
export async function evaluate(
  compiled: Compiled,
  options: FeederOptions,
  { step, limit = options.split.size }: { step: number; limit?: number },
): Promise<Metrics> {
  const terms = new Map<string, SampleStatistics>();
  const size = Math.min(limit, options.split.size);
  for (let start = 0; start < size; start += CHUNK) {
    const indices = range(start, Math.min(start + CHUNK, size));
    const feeds = await makeFeeds(options, { step, visit: 0, indices }, indices.length);
    for (const [name, values] of Object.entries(await compiled.run('evaluate', feeds))) {
      if (!terms.has(name)) terms.set(name, new SampleStatistics());
      terms.get(name)!.add(values);
    }
  }
  const means = Object.fromEntries([...terms].map(([name, { mean }]) => [name, mean]));
  const judged = terms.get('bound') ?? terms.get('loss')!;
  return { bound: null, ...means, samples: size, standardError: judged.standardError };
}

export interface LatentStatistics {
  /** Of the aggregate posterior, per dimension. */
  readonly mean: number[];
  readonly std: number[];
  /** Mean KL to the prior per dimension, nats. */
  readonly kl: number[];
  readonly samples: number;
}

/** How codes are spread over the data: mean and deviation of q(z) = mean of q(z|x), and KL, per latent dimension. */
export async function latentStatistics(
  compiled: Compiled,
  options: Omit<FeederOptions, 'program'> & { readonly latent: number },
  limit = 10_000,
): Promise<LatentStatistics> {
  const { split, latent } = options;
  const samples = Math.min(limit, split.size);
  const sums = {
    mean: new Float64Array(latent),
    square: new Float64Array(latent),
    kl: new Float64Array(latent),
  };
  for (let start = 0; start < samples; start += CHUNK) {
    const indices = range(start, Math.min(start + CHUNK, samples));
    const { mean, logvar } = await encodeSamples(compiled, options, indices);
    mean.forEach((m, i) => {
      const [d, logVar] = [i % latent, logvar?.[i] ?? -Infinity];
      const variance = Math.exp(logVar);
      sums.mean[d] += m;
      sums.square[d] += m * m + variance;
      if (logvar) sums.kl[d] += 0.5 * (m * m + variance - 1 - logVar);
    });
  }
  const average = (sum: Float64Array) => Array.from(sum, (value) => value / samples);
  const mean = average(sums.mean);
  const std = average(sums.square).map((square, d) => Math.sqrt(Math.max(square - mean[d] ** 2, 0)));
  return { mean, std, kl: average(sums.kl), samples };
}

/** Codes of some samples, binarised as in training (a dynamic draw always the same one). */
export async function encodeSamples(
  compiled: Compiled,
  options: Omit<FeederOptions, 'program'>,
  indices: readonly number[],
) {
  const x = await readSamples(options, indices);
  return (await compiled.run('encode', { x })) as { mean: Float32Array; logvar?: Float32Array };
}

/** Some samples as the networks see them. */
export async function readSamples(
  { split, itemSize, binarize, seed }: Omit<FeederOptions, 'program'>,
  indices: readonly number[],
): Promise<Float32Array> {
  const x = new Float32Array(indices.length * itemSize);
  await split.read(indices, x);
  preprocess(x, indices, itemSize, binarize, { seed, step: 0 });
  return x;
}
