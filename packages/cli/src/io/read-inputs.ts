import type { Tensor } from '@vae/sdk';
import type { Fit } from '@vae/sdk/images';
import { UsageError } from '@vae/trainer/terminal';
import type { DataModel } from './read-dataset.js';
import { type ItemBatch, type ModelData, readImages } from './read-images.js';
import { readRows, rowsOf } from './read-rows.js';

/** What commands that take inputs say of them in their help. */
export const inputsHelp =
  'PNG, JPEG or NPY files, or folders of them; tables as .csv, .jsonl or .parquet files, or with options as "csv:FILE?drop=A"';

export interface InputOptions {
  /** For pictures of another size than the model's. */
  readonly fit?: Fit;
  /** Read at most so many. Default: all. */
  readonly count?: number;
  /** Items per batch. Default: 64. */
  readonly batchSize?: number;
  /** Told what the user should know, such as which columns are passed over. */
  readonly onNote: (text: string) => void;
  /** What is made of rows goes to a file without their names: a note tells which are not among them. */
  readonly unnamed?: boolean;
}

/** The part of a model that reading inputs for it needs. */
export interface InputModel extends DataModel {
  readonly data: ModelData;
}

/**
 * Reads what a user gives a model, in batches: pictures and arrays as `readImages` does, tables as `readRows` does.
 *
 * @throws UsageError, TrainerError and VaeError as those do
 */
export async function* readInputs(
  words: readonly string[],
  model: InputModel,
  { fit, count = Number.POSITIVE_INFINITY, batchSize = 64, onNote, unnamed }: InputOptions,
): AsyncGenerator<ItemBatch> {
  let left = count;
  for (const group of runs(words)) {
    if (left === 0) return;
    const rows = rowsOf(group[0]);
    if (rows && fit !== undefined) onNote(`${rows.file}: --fit is for pictures; rows are taken as they are.`);
    const batches = rows
      ? readRows(rows, model, { count: left, batchSize, onNote, unnamed })
      : readImages(group, { ...model.data, fit, count: left, batchSize, onNote });
    for await (const batch of batches) {
      left -= batch.names.length;
      yield batch;
    }
  }
}

/** Tables one by one, and what stands between them together, so that batches are full. */
function runs(words: readonly string[]): string[][] {
  const found: string[][] = [];
  for (const word of words) {
    const last = found.at(-1);
    if (last && !rowsOf(word) && !rowsOf(last[0])) last.push(word);
    else found.push([word]);
  }
  return found;
}

/** Reads one item: a picture file, an NPY file with one item, a row such as `rows.csv#3`, or `file.npy#3`. */
export async function readInput(word: string, model: InputModel, options: InputOptions): Promise<Tensor> {
  const batches = [];
  for await (const batch of readInputs([word], model, { ...options, count: 2 })) batches.push(batch);
  const [{ names, items }] = batches;
  if (names.length === 1) return items;
  const { file, spec } = rowsOf(word) ?? {};
  const example = spec?.endsWith('?') === false ? spec.replace(`${file}?`, `${names[0]}?`) : names[0];
  const several = file ? 'rows' : model.dataShape.length === 3 ? 'images' : 'items';
  throw new UsageError(`"${file ?? word}" holds several ${several}; choose one, such as "${example}".`);
}
