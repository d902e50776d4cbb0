import type {
  AsyncBuffer,
  ColumnChunk,
  ColumnMetaData,
  Compressors,
  FileMetaData,
  RowGroup,
  SchemaTree,
} from 'hyparquet';
import { TrainerError } from '../../errors.js';
import type { OpenFile } from '../tables/file-rows.js';
import { shortened } from '../tables/listed.js';
import { compressorsOf } from './compressors.js';

/** The most rows that one row group may have; writers make groups of about a million. */
const MAX_GROUP_ROWS = 2 ** 24;
/** The most values that the lists of a row group may have. */
const MAX_GROUP_VALUES = 2 ** 28;
/** Of the shortest file: the mark at both ends, and how long the description is. */
const MIN_BYTES = 12;
/** A list of numbers is four steps from the root of a schema. */
const MAX_DEPTH = 16;

export interface ParquetFile {
  readonly columns: readonly string[];
  /** Rows in each group. */
  readonly groups: readonly number[];
  /** The values of one column in one row group. */
  column(name: string, group: number): Promise<unknown[]>;
}

/** What is read of one column in one row group. */
interface Part {
  readonly name: string;
  readonly rows: number;
  readonly group: RowGroup;
}

/**
 * Opens a Parquet file. Nothing that it says of itself is believed before it was compared with what is there, so a damaged file
 * is refused in bounded time and memory.
 *
 * Columns are asked for one by one: hyparquet reads several at once, and when two of them fail it leaves the second failure
 * without anybody to hear of it.
 *
 * @throws TrainerError "bad-file" saying what is wrong
 */
export async function openParquet(path: string, file: OpenFile): Promise<ParquetFile> {
  const { parquetMetadataAsync, parquetSchema } = await import('hyparquet');
  const buffer: AsyncBuffer = {
    byteLength: file.size,
    slice: (start, end = file.size) => bytesOf(file, start, end),
  };
  await attempt(path, () => requireFrame(file));
  const metadata = await attempt(path, () => parquetMetadataAsync(buffer));
  const schema = await attempt(path, async () => parquetSchema(metadata));
  const columns = await attempt(path, async () =>
    schema.children.map(({ element: { name } }) => {
      if (typeof name === 'string') return name;
      throw new Error('a column has no name');
    }),
  );
  const groups = groupsOf(path, metadata);
  return {
    columns,
    groups,
    column: (name, group) => {
      const part = { name, rows: groups[group], group: metadata.row_groups[group] };
      const where = `column "${shortened(name)}"`;
      return attempt(path, () => readPart(file, metadata, schema, part), where);
    },
  };
}

/** @throws Error for what is too short for the mark at both ends and a length, or does not end in the mark */
async function requireFrame(file: OpenFile): Promise<void> {
  if (file.size === 0) throw new Error('it is empty');
  if (file.size < MIN_BYTES)
    throw new Error(`it has ${file.size} bytes, and none has fewer than ${MIN_BYTES}`);
  const end = Buffer.from(await bytesOf(file, file.size - 4, file.size)).toString('latin1');
  if (end !== 'PAR1') throw new Error('it does not end in PAR1');
}

async function bytesOf(file: OpenFile, start: number, end: number): Promise<ArrayBuffer> {
  if (!(start >= 0 && end >= start && end <= file.size))
    throw new Error(`it refers to bytes ${start} to ${end} of ${file.size}`);
  const bytes = new Uint8Array(end - start);
  await file.fill(bytes, start);
  return bytes.buffer;
}

/** Reads the bytes of a column once, looks through them, and has the very same ones decoded. */
async function readPart(
  file: OpenFile,
  metadata: FileMetaData,
  schema: SchemaTree,
  part: Part,
): Promise<unknown[]> {
  const { parquetReadObjects } = await import('hyparquet');
  const { getTreePath } = await import('hyparquet/src/schema.js');
  const { checkPages } = await import('./page-check.js');
  const known = await compressorsOf();
  const held: { start: number; bytes: ArrayBuffer }[] = [];
  const compressors: Record<string, Compressors[keyof Compressors]> = {};
  const columns: ColumnChunk[] = [];
  for (const [i, chunk] of part.group.columns.entries()) {
    const { meta_data: meta } = chunk;
    if (!meta) throw new Error('a part of it is in another file');
    if (meta.path_in_schema[0] !== part.name) continue;
    const path = getTreePath(schema, meta.path_in_schema);
    requireCounts(meta, path, part.rows);
    const unpack = known[meta.codec];
    if (!unpack) throw new Error(`the compression ${meta.codec} is not read here`);
    const start = Number(meta.dictionary_page_offset || meta.data_page_offset);
    const bytes = await bytesOf(file, start, start + Number(meta.total_compressed_size));
    held.push({ start, bytes });
    // Under a name of its own for each column, the library comes back with every page, also with those that are not packed.
    compressors[`checked ${i}`] = checkPages(new Uint8Array(bytes), meta, path, unpack);
    columns.push({ ...chunk, meta_data: { ...meta, codec: `checked ${i}` as ColumnMetaData['codec'] } });
  }
  const group = { ...part.group, columns, num_rows: BigInt(part.rows) };
  const rows = await parquetReadObjects({
    file: heldBytes(file.size, held),
    metadata: { ...metadata, num_rows: group.num_rows, row_groups: [group] },
    compressors: compressors as Compressors,
    columns: [part.name],
  });
  if (rows.length !== part.rows) throw new Error(`${rows.length} values in ${part.rows} rows`);
  return rows.map((row) => row[part.name]);
}

/** @throws Error for counts that contradict one another */
function requireCounts({ num_values }: ColumnMetaData, path: readonly SchemaTree[], rows: number): void {
  if (path.length > MAX_DEPTH) throw new Error(`it is nested ${path.length} deep`);
  const values = Number(num_values);
  const isList = path.some(({ element }) => element.repetition_type === 'REPEATED');
  if (isList ? values >= rows && values <= MAX_GROUP_VALUES : values === rows) return;
  throw new Error(`it claims ${values} values in ${rows} rows`);
}

/** Bytes that were read before, as a file; several ranges of them at once where the library asks for those together. */
function heldBytes(byteLength: number, held: readonly { start: number; bytes: ArrayBuffer }[]): AsyncBuffer {
  return {
    byteLength,
    slice: (start, end = byteLength) => {
      const joined = new Uint8Array(end - start);
      for (const part of held) {
        const [from, to] = [Math.max(start, part.start), Math.min(end, part.start + part.bytes.byteLength)];
        if (from < to) joined.set(new Uint8Array(part.bytes, from - part.start, to - from), from - start);
      }
      return joined.buffer;
    },
  };
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

async function attempt<T>(path: string, step: () => Promise<T>, where?: string): Promise<T> {
  try {
    return await step();
  } catch (cause) {
    if (cause instanceof TrainerError) throw cause;
    const reason = String((cause as Error)?.message ?? cause).split('\n')[0];
    const what = where === undefined ? reason : `${where}: ${reason}`;
    throw new TrainerError('bad-file', `${path}: not a readable Parquet file (${what}).`, { cause });
  }
}
