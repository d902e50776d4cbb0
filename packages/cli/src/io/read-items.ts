import type { VAE } from '@vae/sdk';
import { UsageError } from '@vae/trainer/terminal';
import { type ItemSet, readDataset } from './read-dataset.js';
import { type InputOptions, readInputs } from './read-inputs.js';

/** What a user says of the items that a command looks at. */
interface Said extends Pick<InputOptions, 'fit' | 'count'> {
  /** A data set in place of files. */
  readonly data?: string;
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

/**
 * The files that a user gave, or else a part of a data set; see `readInputs` and `readDataset`.
 *
 * @param said as `assertItems` lets pass
 */
export async function readItems(
  vae: VAE,
  inputs: readonly string[],
  { data, fit, count }: Said,
  { part, onNote }: { readonly part: 'train' | 'test' } & Pick<InputOptions, 'onNote'>,
): Promise<ItemSet> {
  if (inputs.length === 0) return readDataset(vae, data, { part, count, onNote });
  async function* batches() {
    for await (const { items } of readInputs(inputs, vae, { count, fit, batchSize, onNote })) yield items;
  }
  return { name: inputs.join(' '), size: count ?? 0, batches: batches() };
}
