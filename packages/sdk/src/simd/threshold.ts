import { zeros } from '../tensor.js';
import { above, bitsWithin, firstOutside } from '../values.js';
import { type Bits, CHUNK, type Kernel, kernelFor } from './kernel.js';

// A network as small as that of MNIST spends 7 ns on a pixel. Loops in JavaScript take 1 to 4 ns to look at it, and ten
// times that before they are compiled; WebAssembly takes 0.2 ns.

/** Values that a kernel's own memory is made for at most: 16 MiB. */
const maximumLength = 2 ** 22;
/** Kernels kept at most; more calls than that are seldom under way at once. */
const maximumKept = 4;

/** Where values have to lie, both ends included and rounded to float32. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
}

let scratch: Kernel | undefined;

/** True when every value is from low to high, which NaN is not. */
export function isWithin(values: Float32Array, bounds: Bounds): boolean {
  return inScratch(values, bounds, 0) || firstOutside(values, bounds.low, bounds.high) < 0;
}

/**
 * Thresholds batches into memory that is used again: to touch memory that is fresh from the system takes longer than
 * what is then written there.
 */
export class Thresholds {
  readonly #free: Kernel[] = [];
  readonly #lent = new Map<Float32Array, Kernel>();
  readonly #bounds: Bounds;
  readonly #limit: number;
  readonly #bits: Bits | undefined;

  constructor(bounds: Bounds, limit: number) {
    this.#bounds = bounds;
    this.#limit = floatBelow(limit);
    this.#bits = bitsWithin(bounds.low, bounds.high);
  }

  /**
   * 1 where a value is above the limit, else 0; undefined when a value is not from low to high, as `isWithin` says.
   * The result is the caller's until it is given back.
   */
  run(values: Float32Array): Float32Array | undefined {
    const [bits, limit] = [this.#bits, this.#limit];
    const kernel = bits && this.#kernel(values.length);
    if (!kernel) return thresholded(values, this.#bounds, limit);
    if (!inChunks(values, (part, at) => kernel.run(part, bits, limit, at))) {
      this.#keep(kernel);
      return thresholded(values, this.#bounds, limit);
    }
    const result = kernel.results.subarray(0, values.length);
    this.#lent.set(result, kernel);
    return result;
  }

  /** Takes a result back that nobody uses any more; anything else is left alone. */
  giveBack(array: Float32Array): void {
    const kernel = this.#lent.get(array);
    this.#lent.delete(array);
    if (kernel) this.#keep(kernel);
  }

  /** One that is free and large enough, or a new one. */
  #kernel(length: number): Kernel | undefined {
    if (length > maximumLength) return undefined;
    const at = this.#free.findIndex(({ results }) => results.length >= length);
    if (at >= 0) return this.#free.splice(at, 1)[0];
    // Those that were too small are of no more use.
    this.#free.length = 0;
    return kernelFor(2 ** Math.ceil(Math.log2(length)));
  }

  #keep(kernel: Kernel): void {
    if (this.#free.length < maximumKept) this.#free.push(kernel);
  }
}

/**
 * As `Thresholds.run`, into fresh memory or into as much of the caller's.
 *
 * @param target may be the values themselves where the limit is from 0 to below 1; when one is out of range, some of the
 * others have been replaced then
 */
export function thresholded(
  values: Float32Array,
  bounds: Bounds,
  limit: number,
  target: Float32Array = zeros([values.length], 'data'),
): Float32Array | undefined {
  const least = floatBelow(limit);
  if (inScratch(values, bounds, least, target)) return target;
  if (firstOutside(values, bounds.low, bounds.high) >= 0) return undefined;
  above(values, least, target);
  return target;
}

/** Looks at all values in WebAssembly; false when one is out of range or, like minus zero, has to be looked at. */
function inScratch(
  values: Float32Array,
  { low, high }: Bounds,
  limit: number,
  target?: Float32Array,
): boolean {
  const bits = bitsWithin(low, high);
  scratch ??= bits && kernelFor(CHUNK);
  if (!bits || !scratch) return false;
  const { results, run } = scratch;
  return inChunks(values, (part, at) => {
    const fine = run(part, bits, limit, 0);
    if (fine) target?.set(results.subarray(0, part.length), at);
    return fine;
  });
}

/** True when a look at each chunk, told where it begins, says so. */
function inChunks(values: Float32Array, look: (part: Float32Array, at: number) => boolean): boolean {
  if (values.length <= CHUNK) return look(values, 0);
  for (let at = 0; at < values.length; at += CHUNK) {
    if (!look(values.subarray(at, at + CHUNK), at)) return false;
  }
  return true;
}

/** The largest float32 that is not above a number: no float32 lies between the two, so that they are the same limit. */
function floatBelow(limit: number): number {
  const float = Float32Array.of(limit);
  if (float[0]! > limit) new Int32Array(float.buffer)[0]! += limit > 0 ? -1 : 1;
  return float[0]!;
}
