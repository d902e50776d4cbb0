import { VaeError } from '../errors.js';
import { optionsOf } from '../options.js';
import type { OrtModule } from './types.js';

/** Where onnxruntime-web gets its WebAssembly file, for pages whose bundler loses it. Taken before the first session. */
export interface WasmOptions {
  /** A folder (URL that ends with a slash) that holds the files of onnxruntime-web/dist, or each file's own URL. */
  readonly paths?: string | { readonly mjs?: string; readonly wasm?: string };
  /** The bytes of the .wasm file; nothing is fetched then. */
  readonly binary?: Uint8Array | ArrayBuffer;
}

/** Refuses what cannot be a place or a file. */
export function assertWasm(options?: WasmOptions): void {
  const { paths, binary } = optionsOf(options, 'wasm', ['paths', 'binary']);
  if (paths !== undefined && typeof paths !== 'string' && (typeof paths !== 'object' || paths === null)) {
    throw new VaeError('bad-option', `wasm.paths is ${String(paths)}, expected a URL or { mjs, wasm }.`);
  }
  if (binary !== undefined && !(binary instanceof ArrayBuffer) && !ArrayBuffer.isView(binary)) {
    throw new VaeError('bad-option', 'wasm.binary is expected to be a Uint8Array or an ArrayBuffer.');
  }
}

/** Tells a build of onnxruntime-web its threads and files. Without effect once it runs; there is one per page. */
export function configureWasm(ort: OrtModule, threads: number, { paths, binary }: WasmOptions = {}): void {
  const { wasm } = ort.env;
  wasm.numThreads = threads;
  if (paths !== undefined) wasm.wasmPaths = paths;
  if (binary !== undefined) wasm.wasmBinary = binary;
}
