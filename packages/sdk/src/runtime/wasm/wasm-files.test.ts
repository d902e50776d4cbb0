import { describe, expect, it } from 'vitest';
import type { OrtBuild } from '../host.js';
import type { OrtModule } from '../types.js';
import { assertWasm, configureWasm, type WasmOptions } from './wasm-files.js';

function configured(build: OrtBuild, threads: number, options?: WasmOptions) {
  const ort = { env: { wasm: {} } } as unknown as OrtModule;
  configureWasm(ort, build, threads, options);
  return ort.env.wasm;
}

// What onnxruntime-web 1.30 does with them: a text also moves the script that it has in itself, a file's URL does not.
describe('the folder of the wasm files', () => {
  it.each([
    ['wasm', '/ort/', '/ort/ort-wasm-simd-threaded.wasm'],
    ['wasm', '/ort', '/ort/ort-wasm-simd-threaded.wasm'],
    ['webgpu', 'https://a.example/', 'https://a.example/ort-wasm-simd-threaded.asyncify.wasm'],
  ] as const)('needs the one file that the %s build fetches, in %s', (build, paths, wasm) => {
    expect(configured(build, 1, { paths }).wasmPaths).toEqual({ wasm });
  });

  it.each(['/ort/', '/ort'])('stays a folder for threads, whose script lies there too: %s', (paths) => {
    expect(configured('wasm', 2, { paths }).wasmPaths).toBe('/ort/');
  });

  it('may be a URL', () => {
    const paths = new URL('https://a.example/ort');
    expect(configured('wasm', 2, { paths }).wasmPaths).toBe('https://a.example/ort/');
    expect(configured('wasm', 1, { paths }).wasmPaths).toEqual({
      wasm: 'https://a.example/ort/ort-wasm-simd-threaded.wasm',
    });
  });
});

it('leaves files that have URLs of their own as they are', () => {
  const paths = { wasm: new URL('https://a.example/a.wasm') };
  expect(configured('wasm', 2, { paths }).wasmPaths).toBe(paths);
});

it.each([{}, [], 7, null, { folder: '/ort/' }])('refuses %j, which names no place', async (paths) => {
  await expect(assertWasm({ paths: paths as never })).rejects.toThrow(
    `wasm.paths is ${String(paths)}, expected a URL or { mjs, wasm }.`,
  );
});
