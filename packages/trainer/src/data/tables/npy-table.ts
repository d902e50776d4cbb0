import { TrainerError } from '../../errors.js';
import { sizeOf } from '../../graph/shape.js';
import { counted } from '../../text/counted.js';
import { OpenFile, readRows } from './file-rows.js';
import { LabelCollector } from './labels.js';
import { NPY_HEAD_BYTES, type NpyHeader, type NpyType, parseNpyHeader } from './npy-header.js';
import type { Labels, Table } from './table.js';

/** Files up to this are read into memory once; of larger ones, rows are read when they are asked for. */
const MAX_KEPT_BYTES = 2 ** 29;

/** The bytes of an array, wherever they are. */
interface Source {
  readonly file: string;
  readonly header: NpyHeader;
  rows(indices: ArrayLike<number>): Uint8Array | Promise<Uint8Array>;
  close?(): Promise<void>;
}

/** Float32 holds no more than 16,777,216 whole numbers, and labels may be larger. */
type Floats = Float32Array | Float64Array;

export interface NpyTable extends Table {
  read(indices: ArrayLike<number>, out: Floats): Promise<void>;
}

/**
 * An array file whose first axis counts the items.
 *
 * @param maxKeptBytes for tests
 * @throws TrainerError "bad-file"
 */
export async function npyTable(path: string, maxKeptBytes = MAX_KEPT_BYTES): Promise<NpyTable> {
  const file = await OpenFile.open(path);
  try {
    const head = new Uint8Array(Math.min(NPY_HEAD_BYTES, file.size));
    await file.fill(head, 0);
    const header = parseNpyHeader(head, file.size, path);
    const place = { start: header.start, rowBytes: rowBytesOf(path, header) };
    if (file.size <= maxKeptBytes) {
      const bytes = new Uint8Array(file.size - header.start);
      await file.fill(bytes, header.start);
      await file.requireUnchanged();
      await file.close();
      return tableOf({ file: path, header, rows: kept(bytes, place.rowBytes) });
    }
    return tableOf({
      file: path,
      header,
      rows: (indices) => readRows(file, place, indices),
      close: () => file.close(),
    });
  } catch (error) {
    await file.close().catch(() => {});
    throw error;
  }
}

/** The same for the bytes of a whole .npy file in memory. */
export function npyTableOf(bytes: Uint8Array, name: string): NpyTable {
  const header = parseNpyHeader(bytes.subarray(0, NPY_HEAD_BYTES), bytes.length, name);
  const rows = kept(bytes.subarray(header.start), rowBytesOf(name, header));
  return tableOf({ file: name, header, rows });
}

/** Whole numbers, one for each item, as classes. */
export async function npyLabels(table: NpyTable, items: Table): Promise<Labels> {
  if (sizeOf(table.itemShape) !== 1) {
    throw new TrainerError(
      'bad-data',
      `${table.file}: holds items of ${table.itemShape.join('×')}, expected one label each.`,
    );
  }
  if (table.size !== items.size) {
    throw new TrainerError(
      'bad-data',
      `${table.file}: ${counted(table.size, 'label')}, but ${items.file} has ${counted(items.size, 'item')}; the files do not belong together.`,
    );
  }
  const values = new Float64Array(table.size);
  await table.read(Array.from(values.keys()), values);
  const labels = new LabelCollector(table.file);
  for (const [index, value] of values.entries()) {
    if (!Number.isSafeInteger(value)) {
      const limit = Number.isInteger(value) ? ' between -2^53 and 2^53' : '';
      throw new TrainerError(
        'bad-data',
        `${table.file}: label ${index} is ${value}, expected a whole number${limit}.`,
      );
    }
    labels.add(String(value), `item ${index}`);
  }
  return labels.finish();
}

function rowBytesOf(file: string, { shape, type }: NpyHeader): number {
  if (shape.length === 0) {
    throw new TrainerError(
      'bad-data',
      `${file}: holds a single number, expected an array whose first axis counts the items.`,
    );
  }
  return sizeOf(shape.slice(1)) * type.bytes;
}

const kept =
  (bytes: Uint8Array, rowBytes: number) =>
  (indices: ArrayLike<number>): Uint8Array => {
    const out = new Uint8Array(indices.length * rowBytes);
    for (let i = 0; i < indices.length; i++) {
      const from = indices[i] * rowBytes;
      out.set(bytes.subarray(from, from + rowBytes), i * rowBytes);
    }
    return out;
  };

const NATIVE_LITTLE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Element by element, but for what is laid out as it is wanted already. */
function convert(bytes: Uint8Array, type: NpyType, out: Floats): void {
  const count = bytes.length / type.bytes;
  if (type.name === 'u1') out.set(bytes);
  else if (type.name === 'f4' && type.little && NATIVE_LITTLE && bytes.byteOffset % 4 === 0) {
    out.set(new Float32Array(bytes.buffer, bytes.byteOffset, count));
  } else {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = 0; i < count; i++) out[i] = type.at(view, i);
  }
}

function tableOf({ file, header, rows, close }: Source): NpyTable {
  const [size, ...itemShape] = header.shape as [number, ...number[]];
  const { type } = header;
  return {
    file,
    size,
    itemShape: itemShape.length > 0 ? itemShape : [1],
    bytes: type.name === 'u1',
    where: (index) => `item ${index}`,
    read: async (indices, out) => {
      const bytes = await rows(indices);
      convert(bytes, type, out);
    },
    ...(close && { close }),
  };
}
