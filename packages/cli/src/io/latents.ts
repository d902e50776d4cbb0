import { extname } from 'node:path';
import type { Tensor } from '@vae/sdk/media';
import { decodeNpz, encodeNpy, encodeNpz } from '@vae/sdk/media';
import { atomicWrite, counted, readPlainFile, UsageError } from '@vae/trainer/terminal';
import { itemSize, rowOf, sizeOf } from '../tensors.js';
import { parseCsv, toCsv } from './csv.js';
import { itemsOf, maximumBytes, type NamedArray, readNpyItems, showSizes } from './npy.js';

/** Arrays with the same first axis, by what they are: `mean`, `logvar`, or `z` for a draw. */
export type NamedLatents = Readonly<Record<string, Tensor>>;

/**
 * Writes latents as NPY (one array), NPZ, JSON or CSV.
 *
 * JSON: `{ names, mean: [[…]] }`, each latent a flat list. CSV: `name,mean0,mean1,…`, one line per input.
 */
export async function writeLatents(
  path: string,
  format: 'npy' | 'npz' | 'json' | 'csv',
  { names, latents }: { names: readonly string[]; latents: NamedLatents },
): Promise<void> {
  await atomicWrite(path, encode[format](latents, names));
}

const encode = {
  npy: (latents: NamedLatents) => encodeNpy(Object.values(latents)[0]),
  npz: (latents: NamedLatents) => encodeNpz({ ...latents }),
  json: (latents: NamedLatents, names: readonly string[]) => {
    const lists = Object.entries(latents).map(([key, tensor]) => [
      key,
      names.map((_, row) => rowOf(tensor, row)),
    ]);
    return `${JSON.stringify({ names, ...Object.fromEntries(lists) })}\n`;
  },
  csv: (latents: NamedLatents, names: readonly string[]) => {
    const columns = Object.entries(latents).flatMap(([key, tensor]) =>
      Array.from({ length: itemSize(tensor) }, (_, index) => `${key}${index}`),
    );
    const row = (name: string, index: number) => [
      name,
      ...Object.values(latents).flatMap((tensor) => rowOf(tensor, index)),
    ];
    return toCsv(['name', ...columns], names.map(row));
  },
};

/**
 * Reads latents from what `writeLatents` writes, from any NPY of that shape, from nested lists in JSON, or from a
 * CSV of numbers with or without a header. Where a file has both, a draw `z` is preferred to `mean`.
 *
 * @param shape of one latent; -1 is any size, which only NPY and NPZ can say
 * @returns N × shape
 * @throws UsageError naming the file and the place, TrainerError for a file that cannot be read
 */
export async function readLatents(path: string, shape: readonly number[]): Promise<Tensor> {
  const [, file = path, item] = /^(.*\.npy)#(\d+)$/i.exec(path) ?? [];
  const extension = extname(file).toLowerCase();
  const read = readers[extension];
  const [, list] = /^(.*)#\d+$/.exec(path) ?? [];
  if (read === undefined && list && readers[extname(list).toLowerCase()]) {
    throw new UsageError(
      `"${path}": "#" and a number take one latent out of a .npy file only; give "${list}" alone, or write it as .npy.`,
    );
  }
  if (read === undefined) {
    throw new UsageError(`"${file}" is no file of latents; give a .npy, .npz, .json or .csv file.`);
  }
  const bytes = await readPlainFile(file, { maxBytes: maximumBytes });
  const { rows, latent } = read(bytes, { path: file, shape, item });
  const size = sizeOf(latent);
  const data = new Float32Array(rows.length * size);
  for (const [index, row] of rows.entries()) data.set(row, index * size);
  return { data, shape: [rows.length, ...latent] };
}

interface Place {
  readonly path: string;
  readonly shape: readonly number[];
  readonly item?: string;
}

/** Latents, each a flat list of numbers, and the shape of one. */
interface Rows {
  readonly rows: readonly ArrayLike<number>[];
  readonly latent: readonly number[];
}

/** What is in a file, by its extension with the dot. */
const readers: Record<string, (bytes: Uint8Array, place: Place) => Rows> = {
  '.npy': (bytes, place) => arrayRows(readNpyItems(bytes, place.path, { ...place, kind: 'latent' })),
  '.npz': (bytes, place) => {
    const { path } = place;
    const { z, mean } = decodeNpz(bytes, `"${path}"`);
    if (z === undefined && mean === undefined) {
      throw new UsageError(`"${path}" holds no array "z" or "mean"; choose a file that vae encode wrote.`);
    }
    return arrayRows(itemsOf((z ?? mean)!, path, { ...place, kind: 'latent' }));
  },
  '.json': (bytes, place) => checkRows(readJson(textOf(bytes), place.path), place),
  '.csv': (bytes, place) => checkRows(readCsv(textOf(bytes), place.path), place),
};

/** At least one item. */
const arrayRows = (items: readonly NamedArray[]): Rows => ({
  rows: items.map(({ data }) => data),
  latent: items[0].shape,
});

const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** A latent is a list in a list at most four deep; far deeper nesting would overflow the stack. */
const deepestList = 8;

function readJson(text: string, path: string): unknown[][] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`"${path}" is no JSON: ${(error as Error).message}.`, { cause: error });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    value = Object.hasOwn(value, 'z') ? (value as { z: unknown }).z : (value as { mean?: unknown }).mean;
  }
  if (!Array.isArray(value))
    throw new UsageError(`"${path}" holds no list, nor an object with a list "z" or "mean".`);
  const rows = value.some(Array.isArray) ? value : [value];
  return rows.map((row) => [row].flat(deepestList) as unknown[]);
}

function readCsv(text: string, path: string): unknown[][] {
  const rows = parseCsv(text, path);
  const isHeader = rows[0]?.some((field) => field.trim() === '' || Number.isNaN(Number(field)));
  if (!isHeader) return rows.map((row) => row.map(toNumber));
  const header = rows.shift()!.map((field) => field.trim());
  const columnsOf = (key: string) =>
    header
      .flatMap((field, column) => (key + digitsOf(field) === field ? { column, place: digitsOf(field) } : []))
      .sort((a, b) => Number(a.place) - Number(b.place))
      .map(({ column }) => column);
  const columns = [columnsOf('z'), columnsOf('mean')].find((found) => found.length > 0);
  if (columns === undefined) {
    throw new UsageError(`"${path}" has neither columns z0, z1, … nor mean0, mean1, … in its header.`);
  }
  const long = rows.findIndex((row) => row.length > header.length);
  if (long >= 0) {
    throw new UsageError(
      `"${path}", latent ${long}: ${counted(rows[long].length, 'field')}, the header names ${header.length}.`,
    );
  }
  return rows.map((row) => columns.map((column) => toNumber(row[column])));
}

const digitsOf = (field: string) => /\d+$/.exec(field)?.[0] ?? ' ';

/** What is no finite number stays text, to be shown as it stands there. */
const toNumber = (field = '') =>
  field.trim() !== '' && Number.isFinite(Number(field)) ? Number(field) : field;

function checkRows(rows: unknown[][], { path, shape }: Place): Rows {
  if (shape.includes(-1)) {
    throw new UsageError(
      `"${path}" does not say the shape of its latents, and the model takes any ([${showSizes(shape)}]); give a .npy or .npz file.`,
    );
  }
  const size = sizeOf(shape);
  if (rows.length === 0) throw new UsageError(`"${path}" holds no latents.`);
  for (const [index, row] of rows.entries()) {
    if (row.length !== size) {
      throw new UsageError(
        `"${path}", latent ${index}: ${counted(row.length, 'number')}; the model's latents have ${size} ([${shape}]).`,
      );
    }
    const place = row.findIndex((value) => typeof value !== 'number' || !Number.isFinite(value));
    if (place < 0) continue;
    const value = row[place];
    const shown = typeof value === 'object' && value !== null ? 'object' : JSON.stringify(value);
    throw new UsageError(`"${path}", latent ${index}: ${shown} at place ${place} is no finite number.`);
  }
  return { rows: rows as number[][], latent: shape };
}
