import { TrainerError } from '../../errors.js';
import { sizeOf } from '../../graph/shape.js';
import { counted } from '../../text/counted.js';
import type { Dataset, OpenOptions } from '../dataset.js';
import { ANY_FINITE } from '../first-outside.js';
import { heldOut } from '../held-out.js';
import { type Chosen, choice, flag, interval, text } from '../spec.js';
import { type ItemShape, imageSize, itemShapeOf } from './item-shape.js';
import { alignLabels } from './labels.js';
import { listed } from './listed.js';
import { acceptedRange, constantColumns, nameOf, scalingOf } from './scaling.js';
import { type Scan, scan } from './statistics.js';
import type { Table } from './table.js';
import { tableSplit } from './table-split.js';

/** Options that every source of numbers takes. */
export const tableOptions = {
  normalize: choice('minmax', 'standard', 'none'),
  range: interval,
  image: imageSize,
  layout: choice('chw', 'hwc'),
  flat: flag,
  bad: choice('skip', 'refuse'),
  test: text,
};
export type TableOptions = Chosen<typeof tableOptions>;

export interface TableOrigin {
  /** Of the data set, without folders of this machine. */
  readonly name: string;
  /** Where it came from, in words. */
  readonly source: string;
  /** Opens the file that the option `test` names. */
  openTest(path: string): Promise<Table>;
  /** What items are, where they are not vectors or images. */
  readonly kind?: 'audio';
  /** What the values lie between, where they stay as they are. */
  readonly range?: readonly [low: number, high: number];
}

/**
 * Makes a data set of a table: looks through it for numbers that are not finite or out of range, splits it, and scales its values
 * by the training items alone.
 *
 * @throws TrainerError "bad-data" naming the first bad value by item and column, or columns that cannot be scaled; "bad-option"
 */
export async function tableDataset(
  table: Table,
  origin: TableOrigin,
  chosen: TableOptions,
  options: OpenOptions,
): Promise<Dataset> {
  requireItems(table);
  const item = itemShapeOf(table, chosen);
  const accepted = acceptedRange(table, item, chosen);
  const held = heldOut(chosen.test, table.size, options.seed, table.file);
  const other = held.path === undefined ? undefined : await origin.openTest(held.path);
  if (other) requireAlike(table, other);
  const tested = marked(table.size, held.path === undefined ? held.test : undefined);
  const look = (from: Table, isTest: (index: number) => boolean) =>
    examine(from, isTest, accepted, { kind: item.kind, bad: chosen.bad }, options);
  const found = await look(table, (index) => tested[index] === TEST);
  const { range, normalization } = scalingOf(table, accepted, chosen, found.statistics);
  if (item.kind === 'vector' && !normalization && found.statistics && !options.model)
    noteConstant(table, found.statistics, options);
  const part = (from: Table, marks: Uint8Array, mark: number, labels = from.labels) =>
    tableSplit(from, rowsWith(marks, mark), item, normalization, labels);
  for (const index of found.bad) tested[index] = BAD;
  const train = part(table, tested, TRAIN);
  const alsoBad = other ? (await look(other, () => true)).bad : [];
  const test = other
    ? part(other, marked(other.size, alsoBad, BAD), TRAIN, labelsAlike(table, other))
    : part(table, tested, TEST);
  const leftOut = found.bad.length + alsoBad.length + (table.leftOut ?? 0) + (other?.leftOut ?? 0);
  requireLeft(table, 'train', train.size);
  if (chosen.test !== undefined) requireLeft(other ?? table, 'test', test.size);
  return {
    name: origin.name,
    kind: item.kind === 'image' ? 'image' : (origin.kind ?? 'vector'),
    shape: item.shape,
    range: range ?? origin.range ?? null,
    ...(item.kind === 'vector' && !origin.kind && describeColumns(table, found)),
    ...(leftOut > 0 && { leftOut }),
    ...(item.kind === 'vector' && normalization && { normalization }),
    ...(table.labels && { classes: table.labels.classes }),
    train,
    ...(test.size > 0 && { test }),
    source: origin.source,
    close: async () => {
      await table.close?.();
      await other?.close?.();
    },
  };
}

/** Names and statistics, with what is missing in both: a text file's own gaps, and numbers found to be bad. */
function describeColumns(
  { columns, numbered, missing }: Table,
  { statistics, missing: bad }: Partial<Scan>,
): Pick<Dataset, 'columns' | 'numbered' | 'statistics'> {
  return {
    ...(columns && { columns, numbered: numbered ?? false }),
    ...(statistics && {
      statistics: { ...statistics, missing: bad!.map((count, d) => count + (missing?.[d] ?? 0)) },
    }),
  };
}

/** What becomes of an item. */
const [TRAIN, TEST, BAD] = [0, 1, 2];

function marked(size: number, items: ArrayLike<number> = [], mark = TEST): Uint8Array {
  const marks = new Uint8Array(size);
  for (let i = 0; i < items.length; i++) marks[items[i]] = mark;
  return marks;
}

function rowsWith(marks: Uint8Array, mark: number): Uint32Array {
  let count = 0;
  for (const value of marks) if (value === mark) count++;
  const rows = new Uint32Array(count);
  for (let i = 0, at = 0; i < marks.length; i++) if (marks[i] === mark) rows[at++] = i;
  return rows;
}

function requireLeft({ file }: Table, part: string, size: number): void {
  if (size > 0) return;
  throw new TrainerError('bad-data', `${file}: no ${part} item is left; all have bad values.`);
}

function requireItems(table: Table): void {
  if (table.size === 0) throw new TrainerError('bad-data', `${table.file}: there are no items in it.`);
  if (sizeOf(table.itemShape) > 0) return;
  throw new TrainerError('bad-data', `${table.file}: its items hold no numbers.`);
}

function requireAlike(train: Table, test: Table): void {
  requireItems(test);
  const same = train.itemShape.join() === test.itemShape.join();
  if (same && (train.columns ?? []).join('\n') === (test.columns ?? []).join('\n')) return;
  const describe = ({ itemShape, columns }: Table) =>
    columns ? `${counted(columns.length, 'column')}, ${listed(columns)}` : `items of ${itemShape.join('×')}`;
  throw new TrainerError(
    'bad-data',
    `${test.file} has ${describe(test)}, the training data ${describe(train)}; they must be the same.`,
  );
}

const labelsAlike = (train: Table, test: Table) =>
  train.labels && test.labels && alignLabels(train.labels, test.labels, test.file);

/** Bytes of images can neither be out of range nor anything but numbers, and nobody measures a pixel: they are not looked through. */
async function examine(
  table: Table,
  isTest: (index: number) => boolean,
  accepted: readonly [number, number] | undefined,
  { kind, bad }: Pick<ItemShape, 'kind'> & Pick<TableOptions, 'bad'>,
  { signal, onNote, lenient }: OpenOptions,
): Promise<Pick<Scan, 'bad'> & Partial<Scan>> {
  // Out of range is another matter than missing: the range may be what is wrong.
  const policy = bad ?? (lenient && !accepted ? 'skip' : 'refuse');
  if (table.bytes && kind === 'image' && accepted![0] <= 0 && accepted![1] >= 255) return { bad: [] };
  const found = await scan(table, isTest, accepted ?? ANY_FINITE, signal);
  if (!found.first) return found;
  const { item, dimension, value } = found.first;
  const what = `${nameOf(table, dimension)} of ${table.where(item)} is ${value}`;
  if (policy === 'skip') {
    onNote?.(`${table.file}: ${found.bad.length} of ${table.size} items are left out; the first: ${what}.`);
    return found;
  }
  const expected = accepted ? `a number from ${accepted[0]} to ${accepted[1]}` : 'a finite number';
  const range =
    accepted && Number.isFinite(value) ? ' Say with range=LOW,HIGH what the values lie between, or' : '';
  throw new TrainerError(
    'bad-data',
    `${table.file}: ${what}, expected ${expected} (${found.bad.length} such ${found.bad.length === 1 ? 'item' : 'items'}).${range ? `${range} leave` : ' Leave'} such items out with bad=skip.`,
  );
}

function noteConstant(table: Table, statistics: Scan['statistics'], { onNote }: OpenOptions): void {
  const constant = constantColumns(table, statistics);
  if (constant) onNote?.(`${table.file}: ${constant} in every training item; it teaches a model nothing.`);
}
