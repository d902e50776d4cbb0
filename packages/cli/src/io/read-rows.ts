import { extname } from 'node:path';
import type { Dataset } from '@vae/trainer';
import { counted, UsageError } from '@vae/trainer/terminal';
import { sizeOf } from '../tensors.js';
import { type DataModel, openFor, readBatches, withoutOption } from './read-dataset.js';
import type { ItemBatch } from './read-images.js';

/** Where rows are: a spec of the trainer, and perhaps one row of it. */
export interface Rows {
  readonly spec: string;
  readonly file: string;
  /** As written after the `#`. */
  readonly item?: string;
}

const tables = ['csv', 'jsonl', 'parquet'];
/** What a spec may name: an array's extension alone makes no table of it. */
const sources = [...tables, 'npy'];

/**
 * The table that a word of the user names: a file by its extension, `rows.csv` or `rows.csv#3`, or a spec with options,
 * `csv:rows.csv?drop=id`. An array is one by its spec only, `npy:images.npy?layout=hwc`.
 *
 * @returns undefined for any other word
 */
export function rowsOf(word: string): Rows | undefined {
  const [, named, rest] = /^(\w+):(.*)$/s.exec(word) ?? [];
  if (named !== undefined && sources.includes(named)) {
    const at = rest!.lastIndexOf('?');
    const { file, item } = splitItem(at < 0 ? rest! : rest!.slice(0, at));
    return { spec: `${named}:${file}?${at < 0 ? '' : rest!.slice(at + 1)}`, file, item };
  }
  const { file, item } = splitItem(word);
  const source = extname(file).slice(1).toLowerCase();
  // The question mark ends a path that holds one itself.
  return tables.includes(source) ? { spec: `${source}:${file}?`, file, item } : undefined;
}

function splitItem(path: string): { file: string; item?: string } {
  const [, file = path, item] = /^(.*)#(\d+)$/s.exec(path) ?? [];
  return item === undefined ? { file } : { file, item };
}

export interface RowOptions {
  /** At most so many. */
  readonly count: number;
  readonly batchSize: number;
  readonly onNote: (text: string) => void;
  /** What is made of the rows goes to a file without their names: a note tells which rows are not among them. */
  readonly unnamed?: boolean;
}

/**
 * Reads rows for a model in their own units, all of the file, in its order.
 *
 * @throws UsageError for rows of another length; TrainerError for a file that cannot be read, a column that is missing
 *   and a number that is none, naming the place
 */
export async function* readRows(
  { spec, file, item }: Rows,
  model: DataModel,
  { count, batchSize, onNote, unnamed }: RowOptions,
): AsyncGenerator<ItemBatch> {
  const opened = await openFor(model, withoutOption(spec, 'test'), onNote).catch((error: unknown) => {
    throw spec.endsWith('?') ? withPlace(error, spec) : error;
  });
  const { shape, train, numbered, close } = opened.dataset;
  if (shape.join() !== model.dataShape.join()) {
    await close?.();
    throw new UsageError(`"${file}" ${shapeRefusal(spec, { shape, numbered }, model.dataShape)}`);
  }
  const place = (index: number) => train.place?.(index) ?? index;
  let indices = Array.from({ length: train.size }, (_, index) => index);
  if (item !== undefined) indices = indices.filter((index) => place(index) === Number(item));
  if (indices.length === 0) {
    await close?.();
    const last = place(train.size - 1);
    const why = Number(item) > last ? `its rows are numbered 0 to ${last}` : 'it was left out';
    throw new UsageError(`"${file}" has no row ${item}; ${why}.`);
  }
  noteByPlace({ spec, file }, model, opened.dataset, onNote);
  indices = indices.slice(0, count);
  if (unnamed && item === undefined) noteGaps(file, indices.map(place), onNote);
  let at = 0;
  for await (const items of readBatches(opened, train, { indices, batchSize })) {
    const names = indices.slice(at, at + items.shape[0]).map((index) => `${file}#${place(index)}`);
    at += names.length;
    yield { items, names };
  }
}

/** Tells that the names of a file are not looked at, where they are all there is to tell its columns by. */
function noteByPlace(
  { spec, file }: Pick<Rows, 'spec' | 'file'>,
  { manifest }: DataModel,
  { shape, columns, numbered }: Dataset,
  onNote: (text: string) => void,
): void {
  if (manifest?.data.columns || !columns || numbered || shape.length !== 1) return;
  if (/[?&]columns=/.test(spec)) return;
  onNote(
    `${file}: the model has no names of columns, so columns are taken by their places, not by their names.`,
  );
}

const shownGaps = 10;

/** Tells which rows are not there between those that are. */
function noteGaps(file: string, places: readonly number[], onNote: (text: string) => void): void {
  const first: number[] = [];
  let next = 0;
  for (const place of places) {
    for (; next < place && first.length < shownGaps; next++) first.push(next);
    next = place + 1;
  }
  const left = (places.at(-1) ?? -1) + 1 - places.length;
  if (left === 0) return;
  const rows = `row${left === 1 ? '' : 's'} ${first.join(', ')}${left > shownGaps ? ', …' : ''}`;
  onNote(`${file}: left out between the rows written: ${rows} (${left} in all, counted from 0).`);
}

/** The trainer's advice names an option; who gave a file alone is told where options stand. */
function withPlace(error: unknown, spec: string): unknown {
  const { message, code } = error as { message: string; code?: unknown };
  const [option] = /\b(bad=skip|drop=[^\s]+?|header=no)(?=[.,]?(\s|$))/.exec(message) ?? [];
  if (typeof code !== 'string' || option === undefined) return error;
  return new UsageError(`${message} Options stand behind the file: "${spec}${option}".`, { cause: error });
}

function shapeRefusal(
  spec: string,
  { shape, numbered }: Pick<Dataset, 'shape' | 'numbered'>,
  wanted: readonly number[],
): string {
  const has = shape.length === 1 ? `rows of ${counted(shape[0], 'number')}` : `items of ${shape.join(' × ')}`;
  const [channels, height, width] = wanted;
  const pixels = `image=${height}x${width}${channels === 1 ? '' : `x${channels}`}`;
  const extra = sizeOf(shape) - sizeOf(wanted);
  const pixelAdvice =
    extra < 0
      ? `give a file with ${sizeOf(wanted)} pixels in each row`
      : `pixels are read with "${withOption(spec, pixels)}"`;
  const advice = wanted.length === 3 ? pixelAdvice : columnAdvice(spec, { extra, numbered });
  return `has ${has}, the model takes ${wanted.join(' × ')}; ${advice}.`;
}

/** How to come to the model's columns, from a spec that may choose some already; `extra` is below 0 for too few. */
function columnAdvice(spec: string, { extra, numbered }: { extra: number; numbered?: boolean }): string {
  const dropped = /[?&]drop=([^&]*)/.exec(spec)?.[1]?.split(',') ?? [];
  const hasColumns = /[?&]columns=/.test(spec);
  if (extra < 0 && !hasColumns && dropped.length === 0) return "give a file with all of the model's columns";
  const byPlace = numbered && spec.startsWith('csv:');
  const bare = withoutOption(withoutOption(spec, 'columns'), 'drop');
  const all = byPlace ? withOption(bare, 'header=no') : bare;
  const chosen = `choose columns with "${withOption(all, `columns=${byPlace ? '0,1' : 'A,B'}`)}"`;
  if (extra < 0 || hasColumns) return chosen;
  const next = byPlace
    ? Array.from(Array(999).keys(), String).find((place) => !dropped.includes(place))
    : 'A';
  const left = `"${withOption(all, `drop=${[...dropped, next]}`)}"`;
  return byPlace ? `leave columns out by their places, as in ${left}` : `${chosen} or ${left}`;
}

/** A spec of `rowsOf` with an option, in place of one of that name. */
function withOption(spec: string, option: string): string {
  const others = withoutOption(spec, option.split('=')[0]);
  return `${others}${others.endsWith('?') ? '' : '&'}${option}`;
}
