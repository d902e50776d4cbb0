import type { VAE } from '@vae/sdk';
import { UsageError } from '@vae/trainer/terminal';
import { classesText } from '../class-names.js';
import { labelOf } from '../options.js';
import { type ItemSet, type Items, readDataset } from './read-dataset.js';
import { type InputOptions, readInputs } from './read-inputs.js';

/** What a user says of the items that a command looks at. */
interface Said extends Pick<InputOptions, 'fit' | 'count'> {
  /** A data set in place of files. */
  readonly data?: string;
  /** The class of all items, in place of the labels of a data set. */
  readonly label?: string;
}

/**
 * Refuses files and a data set at once, and options of files without any.
 *
 * @throws UsageError naming what excludes each other
 */
export function assertItems(inputs: readonly string[], { data, fit }: Said): void {
  if (inputs.length === 0) {
    if (fit === undefined) return;
    throw new UsageError(
      `--fit ${fit} is for pictures that are given as files; leave it out, a data set's own options say how pictures are taken.`,
    );
  }
  if (data === undefined) return;
  throw new UsageError(`--data ${data} and the input "${inputs[0]}" exclude each other; give one of them.`);
}

const batchSize = 128;

interface ItemOptions extends Pick<InputOptions, 'onNote'> {
  readonly part: 'train' | 'test';
  /** A conditional model is told the labels of the items. */
  readonly labelled: boolean;
}

/**
 * The files that a user gave, or else a part of a data set; see `readInputs` and `readDataset`.
 *
 * @param said as `assertItems` lets pass
 */
export async function readItems(
  vae: VAE,
  inputs: readonly string[],
  said: Said,
  { part, labelled, onNote }: ItemOptions,
): Promise<ItemSet> {
  const { data, fit, count } = said;
  const label = labelOf(said, vae);
  const ofAll = label === undefined ? {} : { label };
  if (inputs.length === 0) {
    const labels = labelled && label === undefined ? vae.labels : undefined;
    const set = await readDataset(vae, data, { part, count, labels, onNote });
    return { ...set, batches: each(set.batches, (items) => ({ ...items, ...ofAll })) };
  }
  if (labelled && label === undefined && vae.labels?.count !== undefined) {
    throw new UsageError(
      `The model is conditioned on labels, which the input "${inputs[0]}" does not bring along. Say with --label which class all ` +
        `items are of; it has ${classesText(vae.labels)}. Or name data with labels in place of the files, such as ` +
        '--data "csv:FILE?label=COLUMN" or --data images:DIR with a folder for each class.',
    );
  }
  const batches = readInputs(inputs, vae, { count, fit, batchSize, onNote });
  return {
    name: inputs.join(' '),
    size: count ?? 0,
    batches: each(batches, ({ items }) => ({ ...items, ...ofAll })),
  };
}

async function* each<T>(batches: AsyncIterable<T>, use: (batch: T) => Items): AsyncGenerator<Items> {
  for await (const batch of batches) yield use(batch);
}
