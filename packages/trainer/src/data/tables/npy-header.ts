import { TrainerError } from '../../errors.js';
import { sizeOf } from '../../graph/shape.js';

/** What the header of a .npy file says. */
export interface NpyHeader {
  readonly type: NpyType;
  readonly shape: readonly number[];
  /** Where the data begin. */
  readonly start: number;
}

export interface NpyType {
  readonly name: string;
  readonly bytes: number;
  readonly little: boolean;
  /** Element `i` of data that begin with the view. */
  at(view: DataView, i: number): number;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** NumPy itself reads no longer header unless it is told to. */
const MAX_HEADER_BYTES = 10_000;
/** Enough for the longest header. */
export const NPY_HEAD_BYTES = MAX_HEADER_BYTES + 12;

/**
 * What stands before the little-endian float32 of an array in a .npy file, version 1.0: the data begin at a multiple of
 * 64 bytes.
 *
 * @see NEP 1, "A simple file format for NumPy arrays"
 */
export function npyHeaderOf(shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`;
  const length = 64 * Math.ceil((10 + text.length + 1) / 64) - 10;
  const size = [length & 255, length >> 8];
  return Uint8Array.of(...MAGIC, 1, 0, ...size, ...Buffer.from(`${text.padEnd(length - 1)}\n`));
}

type Read = (view: DataView, at: number, little: boolean) => number;
const readers: Readonly<Record<string, readonly [bytes: number, read: Read]>> = {
  b1: [1, (view, at) => (view.getUint8(at) ? 1 : 0)],
  u1: [1, (view, at) => view.getUint8(at)],
  i1: [1, (view, at) => view.getInt8(at)],
  u2: [2, (view, at, little) => view.getUint16(at, little)],
  i2: [2, (view, at, little) => view.getInt16(at, little)],
  u4: [4, (view, at, little) => view.getUint32(at, little)],
  i4: [4, (view, at, little) => view.getInt32(at, little)],
  u8: [8, (view, at, little) => Number(view.getBigUint64(at, little))],
  i8: [8, (view, at, little) => Number(view.getBigInt64(at, little))],
  f2: [2, (view, at, little) => half(view.getUint16(at, little))],
  f4: [4, (view, at, little) => view.getFloat32(at, little)],
  f8: [8, (view, at, little) => view.getFloat64(at, little)],
};

/** IEEE 754 binary16: sign, 5 bits of exponent with bias 15, 10 bits of fraction. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/**
 * Reads the header of a .npy file, versions 1 to 3.
 *
 * @param head the first bytes, `NPY_HEAD_BYTES` where there are so many
 * @param held bytes in the whole file; the shape must account for each of them
 * @throws TrainerError "bad-file" saying what the header claims and what the file holds
 * @see NEP 1, "A simple file format for NumPy arrays"
 */
export function parseNpyHeader(head: Uint8Array, held: number, file: string): NpyHeader {
  const fault = (what: string) => new TrainerError('bad-file', `${file}: ${what}`);
  if (head.length < 10 || MAGIC.some((byte, i) => head[i] !== byte)) {
    throw fault('not a .npy file: it does not begin with the NumPy signature.');
  }
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const version = head[6];
  if (version < 1 || version > 3) throw fault(`.npy version ${version}; readable are 1, 2 and 3.`);
  const from = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : head.length >= 12 ? view.getUint32(8, true) : 0;
  if (length > MAX_HEADER_BYTES || from + length > head.length) {
    throw fault(`the header claims ${length} bytes; expected at most ${MAX_HEADER_BYTES} within the file.`);
  }
  const text = Buffer.from(head.subarray(from, from + length)).toString('latin1');
  const descr = /'descr'\s*:\s*'([^']{1,20})'/.exec(text)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const tuple = /'shape'\s*:\s*\(([\d\s,]{0,400})\)/.exec(text)?.[1];
  if (descr === undefined || order === undefined || tuple === undefined) {
    throw fault(
      `the header is ${JSON.stringify(text.trim().slice(0, 100))}, expected descr, fortran_order and shape of plain numbers.`,
    );
  }
  const shape = (tuple.match(/\d+/g) ?? []).map(Number);
  if (order === 'True' && shape.length > 1) {
    throw fault('the array is in Fortran order; save numpy.ascontiguousarray of it.');
  }
  const type = typeOf(descr);
  if (!type) throw fault(`type '${descr}'; readable are ${Object.keys(readers).join(', ')}.`);
  requireSize(shape, type, held - from - length, fault);
  return { type, shape, start: from + length };
}

function typeOf(descr: string): NpyType | undefined {
  const [, order, name] = /^([<>|=])(\w\d)$/.exec(descr) ?? [];
  if (name === undefined || !Object.hasOwn(readers, name)) return undefined;
  const [bytes, read] = readers[name];
  const little = order !== '>';
  return { name, bytes, little, at: (view, i) => read(view, i * bytes, little) };
}

function requireSize(
  shape: readonly number[],
  type: NpyType,
  held: number,
  fault: (what: string) => Error,
): void {
  const bytes = sizeOf(shape) * type.bytes;
  const claim = `the header says ${shape.join('×') || 'one number'} of ${type.name}`;
  if (!Number.isSafeInteger(bytes)) throw fault(`${claim}, more than any file holds.`);
  if (bytes !== held) throw fault(`${claim} = ${bytes} bytes of data, the file holds ${held}.`);
}
