import { describe, expect, it } from 'vitest';
import { explainWasm } from './explain-wasm.js';

// The errors are those of onnxruntime-web 1.30 in Chromium 156.
const aborted = (text: string) => `no available backend found. ERR: [wasm] RuntimeError: Aborted(${text})`;

describe('what went wrong with the .wasm file', () => {
  it('says that a page came instead of it', () => {
    const page =
      'CompileError: WebAssembly.instantiate(): expected magic word 00 61 73 6d, found 3c 21 44 4f @+0';
    expect(explainWasm(aborted(page))).toMatch(
      /^what the server gave for the \.wasm file is an HTML page, not WebAssembly\. Point the option wasm\.paths to/,
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

  it.each([
    'both async and sync fetching of the wasm failed',
    'TypeError: Failed to fetch dynamically imported module: http://127.0.0.1/ort/ort-wasm-simd-threaded.mjs',
  ])('says that it was not there: %s', (text) => {
    expect(explainWasm(aborted(text), { paths: { wasm: '/a.wasm' } })).toMatch(
      /^the files of the wasm runtime could not be fetched \(wasm\.paths is {"wasm":"\/a\.wasm"}\)\. Point the option/,
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
