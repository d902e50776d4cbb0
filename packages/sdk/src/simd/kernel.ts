import { thresholdModule } from './module.js';

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
  readonly memory: Float32Array;
  /**
   * Brings values to the beginning of the memory and replaces them by 1 where they are above the limit, else by 0.
   *
   * @returns false when one is out of range or, like minus zero, has to be looked at
   */
  run(values: Float32Array, bits: Bits, limit: number): boolean;
}

let compiled: WebAssembly.Module | undefined | 'absent';

/**
 * A kernel for up to `length` values; undefined where WebAssembly or its vectors are missing, a page's policy forbids
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

function instance(module: WebAssembly.Module, length: number): Kernel {
  const bytes = (length + stepLength) * Float32Array.BYTES_PER_ELEMENT;
  const given = new WebAssembly.Memory({ initial: Math.ceil(bytes / pageBytes) });
  const { exports } = new WebAssembly.Instance(module, { '': { '': given } });
  const threshold = exports.threshold as (end: number, mask: number, most: number, limit: number) => number;
  const memory = new Float32Array(given.buffer);
  return {
    memory,
    run(values, { mask, most }, limit) {
      const end = Math.ceil(values.length / stepLength) * stepLength;
      memory.set(values);
      // What lies behind the last value has to be in range too.
      if (end > values.length) memory.fill(0, values.length, end);
      return end === 0 || threshold(end * Float32Array.BYTES_PER_ELEMENT, mask, most, limit) === 1;
    },
  };
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}
