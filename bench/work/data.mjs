import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const MOST_SAMPLES = 8192;
const LEAST_SAMPLES = 1024;
/** 32 MiB of float32, so that the data set does not hide what the frameworks themselves take. */
const ROOM = 2 ** 23;
/** About as many pixels of a thresholded digit are white. */
const WHITE = 0.13;

/** A 32-bit mix of a 32-bit number without visible pattern (hash-prospector's lowbias32). */
function mix(x) {
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Pixel number `index` of the data set: 0 or 1. */
export const pixel = (index) => (mix(index) < WHITE * 2 ** 32 ? 1 : 0);

/** How many samples of `itemSize` numbers the data set holds. */
export const samplesOf = (itemSize) =>
  Math.max(LEAST_SAMPLES, Math.min(MOST_SAMPLES, Math.floor(ROOM / itemSize)));

/**
 * Writes the data set that every contender reads: samples of `itemSize` numbers, each 0 or 1, as raw little-endian
 * float32.
 *
 * @returns its `path` and the number of `samples`
 */
export async function writeData(folder, itemSize) {
  const samples = samplesOf(itemSize);
  const data = Float32Array.from({ length: samples * itemSize }, (_, index) => pixel(index));
  const path = join(folder, `data-${itemSize}.f32`);
  await writeFile(path, data);
  return { path, samples };
}

/** An IDX file, MNIST's format: bytes with their extents in front. */
function idx(extents, byteAt) {
  const header = Buffer.alloc(4 + 4 * extents.length);
  header[2] = 8;
  header[3] = extents.length;
  for (const [axis, extent] of extents.entries()) header.writeUInt32BE(extent, 4 + 4 * axis);
  const size = extents.reduce((a, b) => a * b);
  return Buffer.concat([header, Uint8Array.from({ length: size }, (_, index) => byteAt(index))]);
}

/**
 * Writes the four files of a data set of MNIST's form and size, for commands that open their data themselves.
 *
 * @returns the folder
 */
export async function writeIdxFolder(folder) {
  for (const [part, count] of Object.entries({ train: 60_000, t10k: 10_000 })) {
    const images = idx([count, 28, 28], (index) => 255 * pixel(index));
    await writeFile(join(folder, `${part}-images-idx3-ubyte`), images);
    await writeFile(
      join(folder, `${part}-labels-idx1-ubyte`),
      idx([count], (index) => index % 10),
    );
  }
  return folder;
}
