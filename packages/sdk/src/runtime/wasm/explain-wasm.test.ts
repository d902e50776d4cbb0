import { describe, expect, it } from 'vitest';
import { explainWasm } from './explain-wasm.js';

// The errors are those of onnxruntime-web 1.30 in Chromium 156.
const aborted = (text: string) => `no available backend found. ERR: [wasm] RuntimeError: Aborted(${text})`;

describe('what went wrong with the .wasm file', () => {
  it('says that a page came instead of it', () => {
    const page =
      'CompileError: WebAssembly.instantiate(): expected magic word 00 61 73 6d, found 3c 21 44 4f @+0';
    expect(explainWasm(aborted(page))).toMatch(
      /^what the server gave for the \.wasm file is an HTML page, not WebAssembly\. Give that file's own URL/,
    );
    expect(explainWasm(aborted(page), { paths: '/ort/' })).toContain(
      'file (wasm.paths is "/ort/") is an HTML page',
    );
    expect(explainWasm(aborted(page), { binary: new Uint8Array(4) })).toContain(
      'the bytes of wasm.binary are an HTML page',
    );
    const other = page.replace('3c 21 44 4f', '7b 22 61 22');
    expect(explainWasm(aborted(other))).toContain('is not WebAssembly (');
  });

  it('says that it was not there', () => {
    const text = aborted('both async and sync fetching of the wasm failed');
    expect(explainWasm(text, { paths: { wasm: '/a.wasm' } })).toMatch(
      /^the \.wasm file could not be fetched \(wasm\.paths is {"wasm":"\/a\.wasm"}\)\. Give that file's own URL/,
    );
  });

  it('names the script that threads need', () => {
    const text =
      'Failed to fetch dynamically imported module: http://127.0.0.1/ort/ort-wasm-simd-threaded.mjs';
    expect(explainWasm(aborted(text), { paths: '/ort/' })).toMatch(
      /^ort-wasm-simd-threaded\.mjs of onnxruntime-web could not be fetched \(wasm\.paths is "\/ort\/"\); it is needed for several threads\./,
    );
  });

  it('says what a script without a name of its own lacks', () => {
    expect(explainWasm('cannot determine the script source URL.')).toContain(
      'wasm: { paths: { wasm: url } }',
    );
  });

  it('says what a Content-Security-Policy lacks', () => {
    const text =
      "CompileError: WebAssembly.instantiateStreaming(): Compiling or instantiating WebAssembly module violates the following Content Security policy directive because 'unsafe-eval' is not an allowed source of script";
    expect(explainWasm(aborted(text))).toBe(
      "the page's Content-Security-Policy does not let WebAssembly run: its script-src (or default-src) lacks 'wasm-unsafe-eval'",
    );
  });

  it('says that a page has to be loaded again after a failure', () => {
    const text = "previous call to 'initWasm()' failed.";
    expect(explainWasm(text)).toContain('cannot start again on this page: reload it');
  });

  it('leaves other errors alone', () => {
    expect(explainWasm('something else')).toBe('something else');
  });
});
