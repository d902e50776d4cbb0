import type { Dataset, Split } from '../data/dataset.js';
import { type Binarize, preprocess } from '../data/preprocess.js';
import type { Feeds, Loan } from '../engines/engine.js';
import { sampleSize } from '../graph/shape.js';
import { LABEL, labelWidth, oneHot } from '../model/label.js';
import { drawNoise } from '../noise/draw-noise.js';
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

/**
 * Everything that one run of a program is fed: data, the classes of samples where it takes labels, noise, scheduled numbers
 * and weights. A batch shorter than `rows` is filled up with zeros of weight 0.
 *
 * @param loan room to write to, which may hold another batch; for a program without a purpose of its own
 */
export async function makeFeeds(
  options: FeederOptions,
  position: Position,
  rows: number,
  loan?: Loan,
): Promise<Feeds> {
  const { program, split, itemSize, binarize, seed, range, purpose = '' } = options;
  const { indices, step, visit } = position;
  /** Zeros behind the numbers that will be written for sure. */
  const take = (name: string, length: number, written = 0) =>
    loan?.arrays[name]?.fill(0, written) ?? new Float32Array(length);
  const x = take('x', rows * itemSize);
  // Data are varied where they are trained on, and as they are where they judge.
  await split.read(indices, x, purpose === '' ? visit : undefined);
  preprocess(x, indices, itemSize, binarize, { seed, step: visit }, range);
  const feeds: Record<string, Float32Array> = { x };
  if (program.graph.inputs.some(({ name }) => name === 'weight'))
    feeds.weight = take('weight', rows).fill(1 / indices.length, 0, indices.length);
  const classes = labelWidth(program.graph);
  if (classes > 0)
    feeds[LABEL] = oneHot(
      indices.map((index) => split.label!(index)),
      classes,
      take(LABEL, rows * classes),
    );
  if (loan?.drawFor) loan.drawFor({ seed, step: visit, indices });
  else
    for (const [name, { value, source }] of program.noises) {
      const size = sampleSize(value.shape);
      feeds[name] = take(name, rows * size, indices.length * size);
      drawNoise(feeds[name], source, { seed, stream: `${purpose}${name}`, step: visit, indices, size });
    }
  for (const [name, { schedule }] of program.scalars) feeds[name] = take(name, 1).fill(schedule(step));
  return feeds;
}
