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
    "Give that file's own URL, wasm: { paths: { wasm: url } }, or its bytes as wasm.binary, and reload the page";
  if (/Content Security Policy/i.test(text)) {
    return "the page's Content-Security-Policy does not let WebAssembly run: its script-src (or default-src) lacks 'wasm-unsafe-eval'";
  }
  // The first bytes of "<!doctype html>".
  if (/magic word.*found 3c /i.test(text)) return `${file} an HTML page, not WebAssembly. ${toDo}`;
  if (/magic word|MIME type|CompileError/i.test(text)) return `${file} not WebAssembly (${text}). ${toDo}`;
  const script = /[\w.-]+\.mjs/.exec(text)?.[0];
  if (script) {
    return `${script} of onnxruntime-web could not be fetched${place}; it is needed for several threads. Put it beside the .wasm file, served as JavaScript, or pass threads: 1, and reload the page`;
  }
  if (/failed to (asynchronously )?(fetch|load)|fetching of the wasm|dynamically imported/i.test(text)) {
    return `the .wasm file could not be fetched${place}. ${toDo}`;
  }
  if (/cannot determine the script source URL/i.test(text)) {
    return `onnxruntime-web does not know where its .wasm file is, as in a bundle that is no module. ${toDo}`;
  }
  if (/previous call to 'initWasm\(\)' failed/i.test(text)) {
    return 'onnxruntime-web failed to start before, and cannot start again on this page: reload it';
  }
  return text;
}
