import { type NoiseKey, streamId } from '@vae/sdk/random';
import { CAPACITY, GROUP, type Kernel, theKernel } from './kernel.js';

/** The sequences of several samples: `NoiseKey` with the index of each in its data set. */
export interface RowKeys extends Omit<NoiseKey, 'index'> {
  readonly indices: ArrayLike<number>;
  /** Numbers of one sample. */
  readonly size: number;
}

/** A piece of a row: where it is in the kernel's memory, and where in the array. */
interface Piece {
  readonly from: number;
  readonly to: number;
  readonly length: number;
}

const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;
const NUMBERS_PER_BLOCK = 4;

/** Draws the words of all rows, as many pieces at a time as the kernel has room for. */
function drawRows({ indices, size, seed, stream, step = 0 }: RowKeys, use: (pieces: Piece[]) => void): void {
  const kernel = theKernel();
  const [id, low, high] = [streamId(stream), seed | 0, Math.floor(seed / 2 ** 32)];
  let pieces: Piece[] = [];
  let used = 0;
  for (let row = 0; row < indices.length; row++) {
    for (let done = 0; done < size; ) {
      if (used === CAPACITY) {
        use(pieces);
        [pieces, used] = [[], 0];
      }
      const length = Math.min(size - done, CAPACITY - used);
      const groups = Math.ceil(length / GROUP);
      const block = done / NUMBERS_PER_BLOCK;
      kernel.words(FLOAT_BYTES * used, groups, block, indices[row], step, id, low, high);
      pieces.push({ from: used, to: row * size + done, length });
      used += GROUP * groups;
      done += length;
    }
  }
  if (pieces.length > 0) use(pieces);
}

const endOf = (pieces: readonly Piece[]): number => {
  const { from, length } = pieces.at(-1)!;
  return FLOAT_BYTES * (from + GROUP * Math.ceil(length / GROUP));
};

/** Fills the rows with what `map` makes of the generator's words. */
function fillRows(out: Float32Array, keys: RowKeys, map: (kernel: Kernel, end: number) => void): void {
  const kernel = theKernel();
  drawRows(keys, (pieces) => {
    map(kernel, endOf(pieces));
    for (const { from, to, length } of pieces) out.set(kernel.numbers.subarray(from, from + length), to);
  });
}

/**
 * Standard normals for a row of each sample: what `fillNormal` gives for its key, bit for bit, in a sixth of the time.
 *
 * @param out [samples, size] in row-major order
 * @example fillNormalRows(new Float32Array(2 * 10), { seed: 7, stream: 'eps', step: 3, indices: [5, 9], size: 10 })
 */
export function fillNormalRows(out: Float32Array, keys: RowKeys): void {
  fillRows(out, keys, (kernel, end) => kernel.normals(end));
}

/**
 * Uniforms in (0, 1) for a row of each sample: what `fillUniform` gives for its key, bit for bit.
 *
 * @param out [samples, size] in row-major order
 * @example fillUniformRows(new Float32Array(2 * 10), { seed: 7, stream: 'u', step: 3, indices: [5, 9], size: 10 })
 */
export function fillUniformRows(out: Float32Array, keys: RowKeys): void {
  fillRows(out, keys, (kernel, end) => kernel.uniforms(end));
}

/** The smallest float32 that is not below a number: a float32 is below both or below neither. */
function floatFrom(limit: number): number {
  const float = Float32Array.of(limit);
  if (float[0] < limit) new Int32Array(float.buffer)[0]++;
  return float[0];
}

/**
 * Dropout masks (Srivastava et al. 2014, scaled while training): 1 / keep with probability `keep`, else 0; where the
 * uniform that `fillUniform` gives for the key is below `keep`.
 *
 * @param out [samples, size] in row-major order
 * @param keep above 0, at most 1
 */
export function fillMaskRows(out: Float32Array, keys: RowKeys, keep: number): void {
  fillRows(out, keys, (kernel, end) => kernel.mask(end, floatFrom(keep), 1 / keep));
}

/**
 * Replaces probabilities by bits drawn with them: 1 where the uniform that `fillUniform` gives for the key is below.
 *
 * @param rows [samples, size] in row-major order, numbers from 0 to 1
 */
export function drawBitRows(rows: Float32Array, keys: RowKeys): void {
  const { numbers, probabilities, bits } = theKernel();
  drawRows(keys, (pieces) => {
    for (const { from, to, length } of pieces) probabilities.set(rows.subarray(to, to + length), from);
    bits(endOf(pieces));
    for (const { from, to, length } of pieces) rows.set(numbers.subarray(from, from + length), to);
  });
}
