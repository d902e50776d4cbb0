import { permutation } from '@vae/sdk/random';
import type { Split } from '../data/dataset.js';
import type { Feeds, Loan } from '../engines/engine.js';
import { TrainerError } from '../errors.js';
import { type FeederOptions, makeFeeds } from './feeder.js';

export interface Batch {
  /** Steps done before this one. */
  readonly step: number;
  readonly epoch: number;
  readonly lastOfEpoch: boolean;
  readonly samples: number;
  readonly indices: readonly number[];
  readonly feeds: Feeds;
}

export interface Plan {
  /** Room to write a batch to, where there is some. */
  readonly lend?: () => Loan | undefined;
  readonly rows: number;
  readonly fromStep: number;
  readonly toStep: number;
}

export const stepsPerEpoch = (split: Split, rows: number): number => Math.ceil(split.size / rows);

/**
 * The batches of some steps in order; each epoch visits every sample once, in an order of its own.
 *
 * @param stops whether nothing more is to be read
 */
export async function* batches(
  options: FeederOptions,
  { rows, fromStep, toStep, lend }: Plan,
  stops: () => boolean = () => false,
): AsyncGenerator<Batch> {
  const perEpoch = stepsPerEpoch(options.split, rows);
  let order: Uint32Array | undefined;
  for (let step = fromStep; step < toStep && !stops(); step++) {
    const [epoch, position] = [Math.floor(step / perEpoch), step % perEpoch];
    if (position === 0 || !order)
      order = permutation(options.split.size, { seed: options.seed, stream: 'order', step: epoch });
    const indices = Array.from(order.subarray(position * rows, (position + 1) * rows));
    const feeds = await makeFeeds(options, { step, visit: step, indices }, rows, lend?.());
    yield { step, epoch, lastOfEpoch: position === perEpoch - 1, samples: indices.length, indices, feeds };
  }
}

/** Batches in groups of up to `size`, asked for at each; no group goes on after a batch that ends one. */
export async function* inGroups(
  source: AsyncIterable<Batch>,
  size: () => number,
  endsGroup: (batch: Batch) => boolean,
): AsyncGenerator<readonly Batch[]> {
  let group: Batch[] = [];
  for await (const batch of source) {
    group.push(batch);
    if (group.length < size() && !endsGroup(batch)) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

/** Asks for the next item while the last one is being worked on. */
export async function* oneAhead<Item>(source: AsyncGenerator<Item>): AsyncGenerator<Item> {
  let next = source.next();
  for (;;) {
    const { done, value } = await next;
    if (done) return;
    next = source.next();
    // A failure is raised when the item is asked for, not before.
    next.catch(() => {});
    yield value;
  }
}

/** A part of the data kept back: `chosen` names samples of the whole. */
const subset = (split: Split, chosen: Uint32Array): Split => ({
  size: chosen.length,
  read: (indices, out, visit) =>
    split.read(
      Array.from(indices, (index) => chosen[index]),
      out,
      visit,
    ),
  label: split.label && ((index) => split.label!(chosen[index])),
});

/**
 * Training and validation parts; a share below 1 is of all samples.
 *
 * @throws TrainerError "bad-option" when nothing is left to train on
 */
export function holdBack(
  split: Split,
  validation: number,
  seed: number,
): { train: Split; validation?: Split } {
  const count = validation < 1 ? Math.round(validation * split.size) : validation;
  if (validation === 0) return { train: split };
  if (count === 0)
    throw new TrainerError(
      'bad-option',
      `validation ${validation}: that share of ${split.size} training samples is none. Give a larger one, or 0.`,
    );
  if (count >= split.size)
    throw new TrainerError(
      'bad-option',
      `validation ${validation}: of ${split.size} training samples none is left to train on. Keep fewer back.`,
    );
  const order = permutation(split.size, { seed, stream: 'validation' });
  return {
    train: subset(split, order.slice(count).sort()),
    validation: subset(split, order.slice(0, count).sort()),
  };
}
