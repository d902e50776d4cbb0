import { thresholdModule } from './module.js';

/** Values that are brought in together: few enough for a processor's first cache. */
export const CHUNK = 4096;
/** Values that one step of the loop looks at. */
const stepLength = 8;
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
   * @param values at most `CHUNK`
   * @param at where in `results`, which holds `CHUNK` more than are asked for
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

type Threshold = (end: number, to: number, mask: number, most: number, limit: number) => number;

function instance(module: WebAssembly.Module, length: number): Kernel {
  // The chunk that is looked at lies before the results.
  const bytes = (CHUNK + length + CHUNK) * Float32Array.BYTES_PER_ELEMENT;
  const given = new WebAssembly.Memory({ initial: Math.ceil(bytes / pageBytes) });
  const { exports } = new WebAssembly.Instance(module, { '': { '': given } });
  const threshold = exports.threshold as Threshold;
  const memory = new Float32Array(given.buffer);
  return {
    results: memory.subarray(CHUNK),
    run(values, { mask, most }, limit, at) {
      if (values.length === 0) return true;
      const end = Math.ceil(values.length / stepLength) * stepLength;
      memory.set(values);
      // What lies behind the last value has to be in range too.
      if (end > values.length) memory.fill(0, values.length, end);
      return threshold(4 * end, 4 * (CHUNK + at), mask, most, limit) === 1;
    },
  };
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}
