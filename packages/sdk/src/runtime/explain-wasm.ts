import type { WasmOptions } from './wasm-files.js';

/**
 * What went wrong with the WebAssembly file, in words that say what to do; other errors as they are. This file imports
 * nothing, since it is loaded late: in a bundle of Rollup it would wait for a first module that still waits itself.
 *
 * @param text of ONNX Runtime's error
 */
export function explainWasm(text: string, { paths, binary }: WasmOptions = {}): string {
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
