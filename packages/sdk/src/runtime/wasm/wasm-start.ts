import type { OrtModule } from '../types.js';
import type { WasmOptions } from './wasm-files.js';

/** What ends the wait for threads that do not start, by the copy of ONNX Runtime that wants them. */
const limits = new WeakMap<OrtModule, Promise<never>>();

/**
 * Waits for a use of onnxruntime-web, the first of which starts it, and rejects where the threads of that start do not
 * come. Later uses wait for the same start, so they end with it, however many threads they ask for.
 */
export function started(
  use: Promise<void>,
  ort: OrtModule,
  threads: number,
  wasm: WasmOptions | undefined,
): Promise<void> {
  let limit = limits.get(ort);
  if (threads > 1 && !limit) {
    limit = import('./start-limit.js').then(
      ({ startLimit }) => startLimit(use, wasm),
      // Where not even this can be fetched, the use itself says what is wrong.
      () => new Promise(() => {}),
    );
    limits.set(ort, limit);
  }
  return limit ? Promise.race([use, limit]) : use;
}
