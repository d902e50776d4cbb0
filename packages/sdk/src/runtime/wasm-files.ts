import { reason, VaeError } from '../errors.js';
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

/** What went wrong with the WebAssembly file, in words that say what to do; other errors as they are. */
export function explainWasm(cause: unknown, { paths, binary }: WasmOptions = {}): string {
  const text = reason(cause);
  const place = paths === undefined ? '' : ` (wasm.paths is ${JSON.stringify(paths)})`;
  const file = binary ? 'the bytes of wasm.binary are' : `what the server gave for the .wasm file${place} is`;
  const toDo =
    'Point the option wasm.paths to where the files of onnxruntime-web/dist lie, or pass the .wasm file as wasm.binary, and reload the page';
  // The first bytes of "<!doctype html>".
  if (/magic word.*found 3c /i.test(text)) return `${file} an HTML page, not WebAssembly. ${toDo}`;
  if (/magic word|MIME type|CompileError/i.test(text)) return `${file} not WebAssembly (${text}). ${toDo}`;
  if (/failed to (asynchronously )?(fetch|load)|fetching of the wasm|dynamically imported/i.test(text)) {
    return `the files of the wasm runtime could not be fetched${place}. ${toDo}`;
  }
  if (/previous call to 'initWasm\(\)' failed/i.test(text)) {
    return 'onnxruntime-web failed to start before, and cannot start again on this page: reload it';
  }
  return text;
}
