import { thresholdModule } from './module.js';

/** Values that are brought in together, few enough to be in the cache still when they are looked at. */
export const CHUNK = 4096;
/** Values that one step of the loop looks at. */
const STEP = 8;
const pageBytes = 2 ** 16;

/** Bits that values in range have; see `bitsWithin`. */
export interface Bits {
  readonly mask: number;
  readonly most: number;
}

/** The loop of threshold.wat with memory of its own. */
export interface Kernel {
  /** What the runs wrote. */
  readonly results: Float32Array;
  /**
   * Writes 1 where values are above the limit, else 0.
   *
   * @param at where in `results`, a multiple of `STEP`; after the values it is written to up to the next multiple
   * @returns false when one is out of range or, like minus zero, has to be looked at
   */
  run(values: Float32Array, bits: Bits, limit: number, at: number): boolean;
}

let compiled: WebAssembly.Module | undefined | 'absent';

/**
 * A kernel for up to `length` results; undefined where WebAssembly or its vectors are missing, a page's policy forbids
 * it, or memory ran out once.
 */
export function kernelFor(length: number): Kernel | undefined {
  if (compiled === 'absent') return undefined;
  try {
    compiled ??= new WebAssembly.Module(bytesOf(thresholdModule));
    return instance(compiled, length);
  } catch {
    compiled = 'absent';
    return undefined;
  }
}

type Threshold = (at: number, end: number, mask: number, most: number, limit: number) => number;

function instance(module: WebAssembly.Module, length: number): Kernel {
  // Pages hold whole steps.
  const pages = Math.ceil((length * Float32Array.BYTES_PER_ELEMENT) / pageBytes);
  const given = new WebAssembly.Memory({ initial: Math.max(1, pages) });
  const { exports } = new WebAssembly.Instance(module, { '': { '': given } });
  const threshold = exports.threshold as Threshold;
  const results = new Float32Array(given.buffer);
  return {
    results,
    run(values, { mask, most }, limit, at) {
      if (values.length === 0) return true;
      const last = at + values.length;
      const end = Math.ceil(last / STEP) * STEP;
      results.set(values, at);
      // What lies behind the last value has to be in range too.
      if (end > last) results.fill(0, last, end);
      return threshold(4 * at, 4 * end, mask, most, limit) === 1;
    },
  };
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}
