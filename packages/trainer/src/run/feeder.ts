import type { Dataset, Split } from '../data/dataset.js';
import { type Binarize, preprocess } from '../data/preprocess.js';
import type { Feeds } from '../engines/engine.js';
import { sampleSize } from '../graph/shape.js';
import type { Noise } from '../layers/trace.js';
import { fillMaskRows, fillNormalRows } from '../noise/fill-rows.js';
import type { FedProgram } from '../programs.js';

export interface Position {
  /** Training steps done: what schedules depend on. */
  readonly step: number;
  /** Numbers the visits of a sample: what its noise depends on beside the sample itself. */
  readonly visit: number;
  /** Of the data set. */
  readonly indices: readonly number[];
}

/** What every batch of one program and one part of the data has in common. */
export interface FeederOptions {
  readonly program: FedProgram;
  readonly split: Split;
  /** Numbers in one sample. */
  readonly itemSize: number;
  readonly binarize: Binarize;
  readonly seed: number;
  /** What values lie between, as the data set says; [0, 1] when left out, null for any finite number. */
  readonly range?: Dataset['range'];
  /** Put in front of the noise's names: other draws for another use of the same program. */
  readonly purpose?: string;
}

/** Draws one noise input for samples of the data set; the draws of a sample do not depend on its batch. */
function fillNoise(
  out: Float32Array,
  name: string,
  { value, source }: Noise,
  { indices, visit }: Position,
  seed: number,
): void {
  const keys = { seed, stream: name, step: visit, indices, size: sampleSize(value.shape) };
  if (source.kind === 'normal') fillNormalRows(out, keys);
  else fillMaskRows(out, keys, source.keep);
}

/**
 * Everything that one run of a program is fed: data, noise, scheduled numbers and weights. A batch shorter than
 * `rows` is filled up with zeros of weight 0.
 *
 * @param lent arrays to write to, by name; they may hold another batch
 */
export async function makeFeeds(
  options: FeederOptions,
  position: Position,
  rows: number,
  lent: Feeds = {},
): Promise<Feeds> {
  const { program, split, itemSize, binarize, seed, range, purpose = '' } = options;
  const { indices, step, visit } = position;
  /** Zeros behind the numbers that will be written for sure. */
  const take = (name: string, length: number, written = 0) =>
    lent[name]?.fill(0, written) ?? new Float32Array(length);
  const x = take('x', rows * itemSize);
  // Data are varied where they are trained on, and as they are where they judge.
  await split.read(indices, x, purpose === '' ? visit : undefined);
  preprocess(x, indices, itemSize, binarize, { seed, step: visit }, range);
  const feeds: Record<string, Float32Array> = { x };
  if (program.graph.inputs.some(({ name }) => name === 'weight'))
    feeds.weight = take('weight', rows).fill(1 / indices.length, 0, indices.length);
  for (const [name, noise] of program.noises) {
    const size = sampleSize(noise.value.shape);
    const out = take(name, rows * size, indices.length * size);
    fillNoise(out, `${purpose}${name}`, noise, position, seed);
    feeds[name] = out;
  }
  for (const [name, { schedule }] of program.scalars) feeds[name] = take(name, 1).fill(schedule(step));
  return feeds;
}
