import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { cudaState, loadFolder, loadLibrary, neededLibraries } from './cuda.js';

const here = process.platform === 'linux' && process.arch === 'x64';
const mapped = (text: string) =>
  readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .find((line) => line.includes(text))
    ?.replace(/^[^/]*/, '');

afterEach(() => {
  vi.unstubAllEnvs();
});

describe.skipIf(!here)('shared libraries (Linux on x64)', () => {
  it('are loaded by name and stay', () => {
    // A part of glibc that nothing uses.
    expect(mapped('libBrokenLocale')).toBeUndefined();
    expect(loadLibrary('libBrokenLocale.so.1')).toBe(true);
    expect(mapped('libBrokenLocale')).toBeDefined();
    expect(loadLibrary('libnot-there.so.7')).toBe(false);
  });

  it('are loaded from a folder, but for what is none', () => {
    loadLibrary('libBrokenLocale.so.1');
    const folder = mkdtempSync(join(tmpdir(), 'vae-cuda-'));
    copyFileSync(mapped('libBrokenLocale')!, join(folder, 'libcopied.so.3'));
    writeFileSync(join(folder, 'libbroken.so.1'), 'no library');
    writeFileSync(join(folder, 'README.txt'), 'read me');
    loadFolder(folder);
    expect(mapped(basename(folder))).toContain('libcopied.so.3');
    loadFolder(join(folder, 'nothing'));
  });
});

describe.skipIf(!here)('the state of CUDA (Linux on x64)', () => {
  it('names the folder for libraries and what does not load', () => {
    const cache = mkdtempSync(join(tmpdir(), 'vae-cache-'));
    vi.stubEnv('VAE_CACHE', cache);
    const state = cudaState()!;
    expect(state.libraries).toBe(join(cache, 'cuda-13'));
    expect(state.binding).toMatch(/onnxruntime-node\/bin\/napi-v6\/linux\/x64$/);
    const missing = state.missing();
    expect(missing.includes('libcuda.so.1')).toBe(!state.driver);
    for (const name of missing) {
      expect(['libcuda.so.1', ...neededLibraries]).toContain(name);
      expect(loadLibrary(name)).toBe(false);
    }
  });
});
