import { basename } from 'node:path';
import { TrainerError } from '../errors.js';
import type { DataSource, OpenOptions } from './dataset.js';
import { openParquet } from './parquet/parquet-file.js';
import { type Chosen, parseArgument } from './spec.js';
import { nameOf } from './spec-options.js';
import { ColumnChoice } from './tables/columns.js';
import { OpenFile } from './tables/file-rows.js';
import { listed } from './tables/listed.js';
import { columnsFor, requireColumns } from './tables/model-columns.js';
import { fieldOptions, ObjectTable } from './tables/object-table.js';
import type { Table } from './tables/table.js';
import { tableDataset, tableOptions } from './tables/table-dataset.js';

const parquetOptions = { ...fieldOptions, ...tableOptions };
type Options = Chosen<typeof parquetOptions>;

/**
 * A Parquet file whose columns are numbers or lists of always the same length, read one row group at a time.
 *
 * @see https://parquet.apache.org/docs/file-format/
 * @example await parquet.open('embeddings.parquet?columns=vector&label=topic', { seed: 0 })
 */
export const parquet: DataSource = {
  summary: 'a Parquet file with columns of numbers or of lists of one length',
  usage: 'parquet:FILE[?label=COLUMN][&columns=A,B][&drop=A,B]',
  options: parquetOptions,
  async open(argument, options) {
    const { path, options: chosen, query } = parseArgument('parquet', argument, parquetOptions);
    if (path === undefined) {
      throw new TrainerError('bad-option', 'parquet: name a file, such as parquet:data.parquet.');
    }
    const origin = {
      name: nameOf('parquet', path, query),
      source: `the rows of ${basename(path)}`,
      openTest: (file: string) => readParquet(file, chosen, options),
    };
    return tableDataset(await readParquet(path, chosen, options), origin, chosen, options);
  },
};

/** What pandas calls an index that has no name and is more than row numbers. */
const INDEX = /^__index_level_\d+__$/;

/** Leaves out the index of a pandas table, which is no measurement, unless the spec or the model names it. */
function withoutIndex(
  path: string,
  columns: readonly string[],
  chosen: Options,
  { model, onNote }: OpenOptions,
): Options {
  const { drop = [], label } = chosen;
  if (chosen.columns || model?.columns) return chosen;
  const index = columns.filter((name) => INDEX.test(name) && name !== label && !drop.includes(name));
  if (index.length === 0) return chosen;
  onNote?.(`${path}: left out, as the index of a pandas table: ${listed(index)}.`);
  return { ...chosen, drop: [...drop, ...index] };
}

async function readParquet(path: string, chosen: Options, options: OpenOptions): Promise<Table> {
  const { signal, onNote, model } = options;
  const file = await OpenFile.open(path);
  let records: ObjectTable | undefined;
  try {
    const source = await openParquet(path, file);
    const found = columnsFor(
      path,
      source.columns,
      withoutIndex(path, source.columns, chosen, options),
      options,
    );
    const { names } = new ColumnChoice(path, source.columns, found);
    const { label, bad } = chosen;
    const wanted = label === undefined ? names : [...names, label];
    // Which columns has been decided, so that nothing is to be said of the others twice.
    records = new ObjectTable(path, { label, columns: names, bad }, { lenient: options.lenient });
    let rowStart = 0;
    for (const [group, count] of source.groups.entries()) {
      const parts = new Map<string, unknown[]>();
      for (const name of wanted) {
        signal?.throwIfAborted();
        parts.set(name, await source.column(name, group));
      }
      for (let i = 0; i < count; i++) {
        const row = Object.fromEntries(wanted.map((name) => [name, parts.get(name)![i]]));
        await records.add(row, `row ${rowStart + i + 1}`);
      }
      rowStart += count;
    }
    await file.requireUnchanged();
    const table = await records.finish(onNote);
    if (model?.columns && found !== chosen) requireColumns(path, table.columns!, model.columns);
    return table;
  } catch (error) {
    await records?.close();
    throw error;
  } finally {
    await file.close();
  }
}
