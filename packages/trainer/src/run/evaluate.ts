import { posteriorStatistics } from '@vae/sdk/latent';
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
  /** Variance over the data of the codes' means, per dimension. */
  readonly meanVariance: number[];
  /** Mean KL to the prior per dimension, nats; 0 for a code without noise. */
  readonly kl: number[];
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

interface CodeOptions extends Omit<FeederOptions, 'program'> {
  readonly latent: number;
}

/** Codes of the first samples of a part, at most `limit` of them. */
export async function encodePart(compiled: Compiled, options: CodeOptions, limit: number): Promise<Codes> {
  const { split, latent } = options;
  const samples = Math.min(limit, split.size);
  const mean = new Float32Array(samples * latent);
  let logvar: Float32Array | undefined;
  for (let start = 0; start < samples; start += CHUNK) {
    const indices = range(start, Math.min(start + CHUNK, samples));
    const codes = await encodeSamples(compiled, options, indices);
    mean.set(codes.mean, start * latent);
    if (!codes.logvar) continue;
    logvar ??= new Float32Array(samples * latent);
    logvar.set(codes.logvar, start * latent);
  }
  return { mean, logvar, latent, samples };
}

/** Mean and deviation of q(z) = mean of q(z|x), and KL, per latent dimension. */
export function statisticsOf({ mean, logvar, latent, samples }: Codes): LatentStatistics {
  const shape = [samples, latent];
  const sums = posteriorStatistics();
  const noiseless = () => new Float32Array(mean.length).fill(Number.NEGATIVE_INFINITY);
  sums.add({ mean: { data: mean, shape }, logvar: { data: logvar ?? noiseless(), shape } });
  const { mean: center, std, meanStd, kl } = sums.result();
  return {
    mean: center,
    std,
    meanVariance: meanStd.map((deviation) => deviation ** 2),
    kl: logvar ? kl : kl.map(() => 0),
    samples,
  };
}

/** How codes are spread over the data. */
export const latentStatistics = async (
  compiled: Compiled,
  options: CodeOptions,
  limit = 10_000,
): Promise<LatentStatistics> => statisticsOf(await encodePart(compiled, options, limit));

/** A dimension whose KL stays below this carries nothing about the data. */
export const ACTIVE_NATS = 0.01;

/** A dimension whose means vary less than this over the data is inactive. */
export const ACTIVE_VARIANCE = 0.01;

/**
 * Dimensions whose means vary over the data by more than 0.01 (variance).
 *
 * @see Burda, Grosse, Salakhutdinov 2016, arXiv:1509.00519, section 5.2
 * @example activeUnits(statisticsOf(codes)) // 7 of 20
 */
export const activeUnits = ({ meanVariance }: Pick<LatentStatistics, 'meanVariance'>): number =>
  meanVariance.filter((variance) => variance > ACTIVE_VARIANCE).length;

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
  { split, itemSize, binarize, seed, range: valueRange }: Omit<FeederOptions, 'program'>,
  indices: readonly number[],
): Promise<Float32Array> {
  const x = new Float32Array(indices.length * itemSize);
  await split.read(indices, x);
  preprocess(x, indices, itemSize, binarize, { seed, step: 0 }, valueRange);
  return x;
}
