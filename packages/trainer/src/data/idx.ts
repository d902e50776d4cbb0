import { constants, type Gunzip, gunzip, gunzipSync } from 'node:zlib';
import { TrainerError } from '../errors.js';
import { readPlainFile } from '../files/read-plain-file.js';
import { sizeOf } from '../graph/shape.js';

/** Bytes from an IDX file, row-major. `data.length` is the product of `dims`; no dimension is zero. */
export interface IdxArray {
  readonly dims: readonly number[];
  readonly data: Uint8Array;
}

/** The most bytes that a file may hold, packed or unpacked: 1 GiB. */
const MAX_BYTES = 2 ** 30;
/** How much of a packed file is unpacked to see the header; deflate makes at most 1032 times as much of it. */
const PEEK_BYTES = 4096;
const TYPES: Record<number, string> = {
  8: 'unsigned byte',
  9: 'signed byte',
  11: '16-bit integer',
  12: '32-bit integer',
  13: 'float32',
  14: 'float64',
};

/**
 * Reads an IDX file of unsigned bytes, plain or gzip-packed (told apart by the first bytes, not by the name).
 *
 * The header is believed only as far as the file bears it out: a packed file is unpacked no further than its header says,
 * and one byte too few or too many is an error. Memory stays within about twice the unpacked size, 1 GiB at most.
 *
 * @throws TrainerError "bad-file" naming the file, what its header says and what it holds
 * @see http://yann.lecun.com/exdb/mnist/ for the format
 */
export async function readIdx(path: string): Promise<IdxArray> {
  const bytes = await readWhole(path);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return readPacked(path, bytes);
  const header = parseHeader(path, bytes);
  return cut(path, header, bytes);
}

async function readWhole(path: string): Promise<Uint8Array> {
  try {
    return await readPlainFile(path, { maxBytes: MAX_BYTES });
  } catch (error) {
    throw new TrainerError('bad-file', (error as Error).message, { cause: error });
  }
}

interface Header {
  readonly dims: readonly number[];
  /** Where the data starts. */
  readonly start: number;
  /** How many bytes of data the dimensions ask for. */
  readonly size: number;
}

/** Reads the header at the start of `bytes`: 0, 0, type, rank, then one big-endian 32-bit size per dimension. */
function parseHeader(path: string, bytes: Uint8Array): Header {
  const [first, second, type, rank] = bytes;
  if (bytes.length < 4 || first !== 0 || second !== 0 || rank === 0) {
    const start = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    throw new TrainerError(
      'bad-file',
      `${path}: not an IDX file: it starts with ${start || 'nothing'}, expected 00 00 08 and the number of dimensions.`,
    );
  }
  if (type !== 0x08) {
    const name = TYPES[type!] ?? 'unknown';
    throw new TrainerError(
      'bad-file',
      `${path}: holds values of type 0x${type!.toString(16).padStart(2, '0')} (${name}), only 0x08 (unsigned byte) can be read.`,
    );
  }
  const start = 4 + 4 * rank!;
  if (bytes.length < start) {
    throw new TrainerError(
      'bad-file',
      `${path}: the header of ${rank} dimensions takes ${start} bytes, the file holds ${bytes.length}.`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, start);
  const dims = Array.from({ length: rank! }, (_, i) => view.getUint32(4 + 4 * i));
  const size = sizeOf(dims);
  if (dims.includes(0)) {
    throw new TrainerError(
      'bad-file',
      `${path}: the header says ${dims.join('×')}, so there is no data in it.`,
    );
  }
  // A product past 2^53 is not exact, but it is far above the limit either way.
  if (!Number.isSafeInteger(size) || size > MAX_BYTES) {
    throw new TrainerError(
      'bad-file',
      `${path}: the header says ${dims.join('×')} bytes, more than the ${MAX_BYTES} that are read here.`,
    );
  }
  return { dims, start, size };
}

/** The data behind the header, which must fill the rest of `bytes` exactly. */
function cut(path: string, header: Header, bytes: Uint8Array): IdxArray {
  const held = bytes.length - header.start;
  if (held !== header.size) throw lie(path, header, `${held}`);
  return { dims: header.dims, data: bytes.subarray(header.start) };
}

function lie(path: string, header: Header, held: string): TrainerError {
  return new TrainerError(
    'bad-file',
    `${path}: the header says ${header.dims.join('×')} = ${header.size} bytes of data, the file holds ${held}.`,
  );
}

async function readPacked(path: string, packed: Uint8Array): Promise<IdxArray> {
  const header = parseHeader(path, peek(path, packed));
  try {
    const { bytes, used } = await unpack(packed, header.start + header.size);
    if (used < packed.length) throw appended(path);
    return cut(path, header, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw lie(path, header, 'more (unpacking was stopped there)');
    }
    throw gzipError(path, error);
  }
}

function peek(path: string, packed: Uint8Array): Uint8Array {
  try {
    return gunzipSync(packed.subarray(0, PEEK_BYTES), { finishFlush: constants.Z_SYNC_FLUSH });
  } catch (error) {
    throw gzipError(path, error);
  }
}

function unpack(packed: Uint8Array, maxOutputLength: number): Promise<{ bytes: Uint8Array; used: number }> {
  return new Promise((resolve, reject) => {
    gunzip(packed, { maxOutputLength, info: true, chunkSize: 2 ** 18 }, (error, result) => {
      if (error) return reject(error);
      // With `info` the result is the buffer and the engine, which knows how much it has read.
      const { buffer, engine } = result as unknown as { buffer: Uint8Array; engine: Gunzip };
      resolve({ bytes: buffer, used: engine.bytesWritten });
    });
  });
}

function appended(path: string, cause?: unknown): TrainerError {
  return new TrainerError(
    'bad-file',
    `${path}: something follows the end of the gzip data; the file is damaged or was added to.`,
    { cause },
  );
}

function gzipError(path: string, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  // The first header was looked at before, so this one is of a second part: unpacking goes on where a first part ends.
  if (code === 'Z_DATA_ERROR' && message === 'incorrect header check') return appended(path, error);
  if (code === 'Z_BUF_ERROR') {
    return new TrainerError(
      'bad-file',
      `${path}: the gzip data ends too early; fetch or copy the file again.`,
      { cause: error },
    );
  }
  if (code?.startsWith('Z_')) {
    return new TrainerError(
      'bad-file',
      `${path}: damaged gzip data (${message}); fetch or copy the file again.`,
      { cause: error },
    );
  }
  return error;
}
