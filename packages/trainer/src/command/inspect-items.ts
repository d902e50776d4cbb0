import type { Dataset, Split } from '../data/dataset.js';
import { TrainerError } from '../errors.js';
import { sizeOf } from '../graph/shape.js';
import { oneLine } from '../text/one-line.js';

/** What is wrong with the files that cannot be read, each named in its sentence, once. */
export class BrokenFiles {
  readonly sentences: string[] = [];
  // Not by their sentences: a decoder may word the same damage in another way the next time.
  private readonly seen = new Map<Split, Set<number>>();

  add(split: Split, index: number, sentence: string): void {
    const indices = this.seen.get(split) ?? new Set();
    if (!indices.has(index)) this.sentences.push(sentence);
    this.seen.set(split, indices.add(index));
  }
}

/** Lines that are shown; more files are counted. */
const SHOWN = 10;

/** An image of a folder that is damaged, of another kind or too small says nothing about the ones beside it. */
const isOneFile = ({ preparation }: Dataset, error: unknown): error is TrainerError =>
  preparation !== undefined && error instanceof TrainerError && /^bad-(file|data)$/.test(error.code);

/**
 * Reads items one after the other into `out`, leaving out images whose files cannot be read.
 *
 * @param out room for all of the items, each of the data set's shape
 * @param broken gets a sentence for each image that was left out
 * @returns items that are in `out`
 * @throws what reading throws, except for one image
 * @example await readReadable(dataset, dataset.train, [0, 1], out, broken) // 1, and broken names the other
 */
export async function readReadable(
  dataset: Dataset,
  split: Split,
  indices: readonly number[],
  out: Float32Array,
  broken: BrokenFiles,
  visit?: number,
): Promise<number> {
  try {
    await split.read(indices, out, visit);
    return indices.length;
  } catch (error) {
    if (!isOneFile(dataset, error)) throw error;
    if (indices.length === 1) {
      broken.add(split, indices[0], error.message.replace(/^images: /, ''));
      return 0;
    }
  }
  const itemSize = sizeOf(dataset.shape);
  let count = 0;
  for (const index of indices)
    count += await readReadable(dataset, split, [index], out.subarray(count * itemSize), broken, visit);
  return count;
}

/** The first ten files that cannot be read, a line each, and how many more there are. */
export function describeBroken(broken: readonly string[]): string[] {
  if (broken.length === 0) return [];
  const more = broken.length - SHOWN;
  return [
    `broken   ${broken.length} ${broken.length === 1 ? 'file' : 'files'}`,
    ...broken.slice(0, SHOWN).map((sentence) => `         ${oneLine(sentence)}`),
    ...(more > 0 ? [`         … and ${more} more`] : []),
  ];
}
