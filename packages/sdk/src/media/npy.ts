import { VaeError } from '../errors.js';
import { fromHalf } from '../float16.js';
import { show, sizeOf, type Tensor } from '../tensor.js';
import { assertBytes, tensorOf } from './arguments.js';

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

type Read = (view: DataView, at: number, little: boolean) => number;

/** NumPy type names that can be read, which end in the bytes per element, and how to read one. */
const readers: Readonly<Record<string, Read>> = {
  f2: (view, at, little) => fromHalf(view.getUint16(at, little)),
  f4: (view, at, little) => view.getFloat32(at, little),
  f8: (view, at, little) => view.getFloat64(at, little),
  i1: (view, at) => view.getInt8(at),
  i2: (view, at, little) => view.getInt16(at, little),
  i4: (view, at, little) => view.getInt32(at, little),
  i8: (view, at, little) => Number(view.getBigInt64(at, little)),
  u1: (view, at) => view.getUint8(at),
  u2: (view, at, little) => view.getUint16(at, little),
  u4: (view, at, little) => view.getUint32(at, little),
  u8: (view, at, little) => Number(view.getBigUint64(at, little)),
  b1: (view, at) => (view.getUint8(at) ? 1 : 0),
};

/**
 * A tensor as the bytes of a NumPy .npy file: version 1.0, '<f4', C order, data at a multiple of 64 bytes.
 *
 * @throws VaeError "bad-input" for what is no tensor
 * @see NEP 1, "A simple file format for NumPy arrays"
 * @example await writeFile('means.npy', encodeNpy(mean))
 */
export function encodeNpy(tensor: Tensor): Uint8Array {
  const { data, shape } = tensorOf(tensor, 'encodeNpy');
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`;
  const offset = Math.ceil((10 + text.length + 1) / 64) * 64;
  const bytes = new Uint8Array(offset + 4 * data.length);
  const view = new DataView(bytes.buffer);
  bytes.set(magic);
  bytes[6] = 1;
  view.setUint16(8, offset - 10, true);
  bytes.set(new TextEncoder().encode(`${text.padEnd(offset - 11)}\n`), 10);
  for (let i = 0; i < data.length; i++) view.setFloat32(offset + 4 * i, data[i]!, true);
  return bytes;
}

/**
 * Reads a NumPy .npy file, versions 1 to 3, in C order and either order of bytes, of float16 to float64, bool or (u)int8 to
 * (u)int64. Values become float32; they are not scaled, so bytes stay 0 to 255.
 *
 * @throws VaeError "bad-file" for anything else, and when the header and the file's size disagree
 * @example decodeNpy(await readFile('images.npy')).shape // [100, 1, 28, 28]
 */
export function decodeNpy(bytes: Uint8Array, where = 'decodeNpy'): Tensor {
  assertBytes(bytes, where);
  const { descr, fortran, shape, offset } = readHeader(bytes, where);
  const type = descr.slice(1);
  const read = readers[type];
  if (!read) {
    const known = Object.keys(readers).join(', ');
    throw new VaeError('bad-file', `${where}: type '${descr}'; readable are ${known}.`);
  }
  if (fortran && shape.length > 1) {
    throw new VaeError('bad-file', `${where}: Fortran order; save it with numpy.ascontiguousarray first.`);
  }
  const size = sizeOf(shape, where, 'bad-file');
  const step = Number(type.slice(1));
  const expected = offset + size * step;
  if (bytes.length !== expected) {
    throw new VaeError(
      'bad-file',
      `${where}: shape ${show(shape)} of '${descr}' needs ${expected} bytes, the file has ${bytes.length}.`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = new Float32Array(size);
  const little = descr[0] !== '>';
  for (let i = 0; i < size; i++) data[i] = read(view, offset + i * step, little);
  return { data, shape };
}

interface Header {
  readonly descr: string;
  readonly fortran: boolean;
  readonly shape: number[];
  readonly offset: number;
}

function readHeader(bytes: Uint8Array, where: string): Header {
  if (bytes.length < 12 || magic.some((byte, i) => bytes[i] !== byte)) {
    throw new VaeError('bad-file', `${where}: not a .npy file (it does not begin with the NumPy signature).`);
  }
  const version = bytes[6]!;
  if (version < 1 || version > 3) {
    throw new VaeError('bad-file', `${where}: .npy version ${version}; readable are 1, 2 and 3.`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (start + length > bytes.length || length > 65_535) {
    throw new VaeError(
      'bad-file',
      `${where}: a header of ${length} bytes in a file of ${bytes.length} bytes.`,
    );
  }
  const text = new TextDecoder().decode(bytes.subarray(start, start + length));
  const descr = /['"]descr['"]\s*:\s*['"]([<>|=][a-zA-Z]\d+)['"]/.exec(text)?.[1];
  const order = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(text)?.[1];
  const tuple = /['"]shape['"]\s*:\s*\(([\d\s,]*)\)/.exec(text)?.[1];
  if (descr === undefined || order === undefined || tuple === undefined) {
    const shown = text.trim().slice(0, 120);
    throw new VaeError(
      'bad-file',
      `${where}: header needs a plain descr, fortran_order and shape; got ${shown}`,
    );
  }
  const shape = tuple
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(Number);
  return { descr, fortran: order === 'True', shape, offset: start + length };
}
