import { basename } from 'node:path';
import type { AsyncBuffer, Compressors, FileMetaData } from 'hyparquet';
import { TrainerError } from '../errors.js';
import type { DataSource, OpenOptions } from './dataset.js';
import { type Chosen, parseArgument } from './spec.js';
import { ColumnChoice } from './tables/columns.js';
import { OpenFile } from './tables/file-rows.js';
import { shortened } from './tables/listed.js';
import { fieldOptions, ObjectTable } from './tables/object-table.js';
import type { Table } from './tables/table.js';
import { tableDataset, tableOptions } from './tables/table-dataset.js';

const parquetOptions = { ...fieldOptions, ...tableOptions };

/** The most bytes that a page may unpack to, or the footer may have. */
const MAX_PAGE_BYTES = 2 ** 28;
/** The most rows that one row group may have; writers make groups of about a million. */
const MAX_GROUP_ROWS = 2 ** 24;

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
      name: `parquet:${basename(path)}${query}`,
      source: `the rows of ${basename(path)}`,
      openTest: (file: string) => readParquet(file, chosen, options),
    };
    return tableDataset(await readParquet(path, chosen, options), origin, chosen, options);
  },
};

async function readParquet(
  path: string,
  chosen: Chosen<typeof parquetOptions>,
  { signal, onNote }: OpenOptions,
): Promise<Table> {
  const file = await OpenFile.open(path);
  let records: ObjectTable | undefined;
  try {
    const source = await openParquet(path, file);
    const { names } = new ColumnChoice(path, source.columns, chosen);
    const { label, bad } = chosen;
    const wanted = label === undefined ? names : [...names, label];
    records = new ObjectTable(path, { label, columns: names, bad });
    let rowStart = 0;
    for (const count of source.groups) {
      const parts = new Map<string, unknown[]>();
      for (const name of wanted) {
        signal?.throwIfAborted();
        parts.set(name, await source.column(name, rowStart, rowStart + count));
      }
      for (let i = 0; i < count; i++) {
        const row = Object.fromEntries(wanted.map((name) => [name, parts.get(name)![i]]));
        await records.add(row, `row ${rowStart + i + 1}`);
      }
      rowStart += count;
    }
    await file.requireUnchanged();
    return await records.finish(onNote);
  } catch (error) {
    await records?.close();
    throw error;
  } finally {
    await file.close();
  }
}

interface ParquetSource {
  readonly columns: readonly string[];
  /** Rows in each group. */
  readonly groups: readonly number[];
  /** The values of one column in some rows. */
  column(name: string, rowStart: number, rowEnd: number): Promise<unknown[]>;
}

/**
 * Columns are asked for one by one: the library reads several at once, and when two of them fail it leaves the second failure
 * without anybody to hear of it.
 */
async function openParquet(path: string, file: OpenFile): Promise<ParquetSource> {
  const { parquetMetadataAsync, parquetReadObjects, parquetSchema } = await import('hyparquet');
  const compressors = await boundedCompressors();
  const buffer: AsyncBuffer = {
    byteLength: file.size,
    slice: (start, end) => {
      const bytes = sliceOf(file, start, end);
      // It also asks ahead, and lets go of what it asked for when something else fails.
      bytes.catch(() => {});
      return bytes;
    },
  };
  const metadata = await attempt(path, () => parquetMetadataAsync(buffer));
  const columns = await attempt(path, async () =>
    parquetSchema(metadata).children.map(({ element: { name } }) => {
      if (typeof name === 'string') return name;
      throw new Error('a column has no name');
    }),
  );
  return {
    columns,
    groups: groupsOf(path, metadata),
    column: async (name, rowStart, rowEnd) => {
      const options = { file: buffer, metadata, compressors, columns: [name], rowStart, rowEnd };
      const rows = await attempt(path, () => parquetReadObjects(options));
      if (rows.length === rowEnd - rowStart) return rows.map((row) => row[name]);
      throw new TrainerError(
        'bad-file',
        `${path}: not a readable Parquet file (column "${shortened(name)}" has ${rows.length} values in rows ${rowStart + 1} to ${rowEnd}).`,
      );
    },
  };
}

async function sliceOf(file: OpenFile, start: number, end = file.size): Promise<ArrayBuffer> {
  if (!(start >= 0 && end >= start && end <= file.size)) {
    throw new Error(`it refers to bytes ${start} to ${end} of ${file.size}`);
  }
  const bytes = new Uint8Array(end - start);
  await file.fill(bytes, start);
  return bytes.buffer;
}

/** The library believes what a page says about its unpacked size. */
async function boundedCompressors(): Promise<Compressors> {
  const { compressors } = await import('hyparquet-compressors');
  const bounded = Object.entries(compressors).map(([name, unpack]) => [
    name,
    (input: Uint8Array, length: number) => {
      if (!(length <= MAX_PAGE_BYTES)) throw new Error(`a page unpacks to ${length} bytes`);
      return unpack(input, length);
    },
  ]);
  return Object.fromEntries(bounded);
}

function groupsOf(path: string, { row_groups, num_rows }: FileMetaData): number[] {
  const groups = row_groups.map((group) => Number(group.num_rows));
  const sum = groups.reduce((total, count) => total + count, 0);
  if (groups.some((count) => !(count >= 0 && count <= MAX_GROUP_ROWS)) || sum !== Number(num_rows)) {
    throw new TrainerError(
      'bad-file',
      `${path}: not a readable Parquet file (it claims ${num_rows} rows in groups of ${groups.slice(0, 5).join(', ')}; a group has at most ${MAX_GROUP_ROWS}).`,
    );
  }
  return groups;
}

async function attempt<T>(path: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (cause) {
    if (cause instanceof TrainerError) throw cause;
    const reason = String((cause as Error)?.message ?? cause).split('\n')[0];
    throw new TrainerError('bad-file', `${path}: not a readable Parquet file (${reason}).`, { cause });
  }
}
