import type { Tensor, VAE } from '@vae/sdk';
import { encodeNpy } from '@vae/sdk/media';
import {
  atomicWrite,
  counted,
  requireWritable,
  requireWritableFolder,
  UsageError,
} from '@vae/trainer/terminal';
import { itemSize, rowOf, sizeOf } from '../tensors.js';
import { csvLine } from './csv.js';
import {
  type ImageFormat,
  imageFormats,
  isNumbered,
  type WriteOptions,
  writeImages,
} from './write-images.js';

export type ItemFormat = ImageFormat | 'csv';

/** Formats of every command that writes what a decoder gives, and how the help names them. */
export const itemFormats: readonly ItemFormat[] = [...imageFormats, 'csv'];
export const itemFormatsHelp =
  '.png (one grid), .gif, .npy, or a folder (a PNG each); of tables .csv or .npy';

export type ItemOptions = Omit<WriteOptions, 'format'> & { readonly format: ItemFormat };

/** The part of a model that tells what its items are. */
export type ItemModel = Pick<VAE, 'manifest' | 'dataShape'>;

/**
 * Refuses an output that `writeItems` would refuse, before anything is computed.
 *
 * @throws UsageError naming the formats that the model's items can be written in; TrainerError "bad-file" where nothing
 *   may be written
 */
export async function requireOutput(model: ItemModel, options: ItemOptions): Promise<void> {
  const { output, format, overwrite } = options;
  requireFormat(model, output, format);
  if (format === 'folder') await requireWritableFolder(output, { overwrite, replaceable: isNumbered });
  else await requireWritable(output);
}

/** The part of `requireOutput` that the model decides. */
export function requireFormat({ dataShape }: ItemModel, output: string, format: ItemFormat): void {
  const sizes = dataShape.map((size) => (size === -1 ? 'any' : size)).join(' × ');
  if (isPicture(dataShape)) {
    if (format !== 'csv') return;
    throw new UsageError(
      `-o "${output}": the model gives pictures of ${sizes}; end it in .png, .gif, .npy, or in / for a folder.`,
    );
  }
  if (format === 'csv' || format === 'npy') return;
  const items =
    dataShape.length === 1 ? `rows of ${counted(sizeOf(dataShape), 'number')}` : `items of ${sizes}`;
  throw new UsageError(`-o "${output}": the model gives ${items}, no pictures; end it in .csv or .npy.`);
}

/** Grey or coloured, channels first. */
const isPicture = (shape: readonly number[]): boolean => shape.length === 3 && [1, 3].includes(shape[0]);

/**
 * Writes what a decoder gave in the format asked for, whole or not at all: pictures as `writeImages` does, other items
 * as an array or as a table with the model's names of columns, in the data's own units.
 *
 * @param items [N, ...item]
 * @returns a sentence for the user, such as `Wrote rows.csv: 16 rows of 4 numbers.`
 */
export async function writeItems(model: ItemModel, items: Tensor, options: ItemOptions): Promise<string> {
  const { output, format } = options;
  requireFormat(model, output, format);
  if (format !== 'csv' && isPicture(model.dataShape)) return writeImages(items, { ...options, format });
  await atomicWrite(output, format === 'csv' ? csvOf(items, model) : encodeNpy(items));
  const count = items.shape[0];
  return `Wrote ${output}: ${describeItems(model, count)}.`;
}

/** `16 images` or `1 row of 4 numbers`, for a sentence. */
export function describeItems({ dataShape }: Pick<ItemModel, 'dataShape'>, count: number): string {
  const items = countItems({ dataShape }, count);
  return isPicture(dataShape) ? items : `${items} of ${counted(sizeOf(dataShape), 'number')}`;
}

/** `16 images` or `1 row`. */
export function countItems({ dataShape }: Pick<ItemModel, 'dataShape'>, count: number): string {
  return counted(count, isPicture(dataShape) ? 'image' : 'row');
}

/** Rows made into text at once: a table can be longer than a string may be. */
const block = 4096;

function csvOf(items: Tensor, { manifest }: ItemModel): Uint8Array {
  const names = manifest?.data.columns ?? Array.from({ length: itemSize(items) }, (_, index) => `x${index}`);
  const parts = [Buffer.from(csvLine(names))];
  const count = items.shape[0];
  for (let first = 0; first < count; first += block) {
    const lines = Array.from({ length: Math.min(block, count - first) }, (_, row) =>
      csvLine(rowOf(items, first + row)),
    );
    parts.push(Buffer.from(lines.join('')));
  }
  return Buffer.concat(parts);
}
