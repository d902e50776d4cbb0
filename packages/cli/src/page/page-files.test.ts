import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pageFiles, replaceable } from './page-files.js';

const trained = join(import.meta.dirname, '../../../../models/mnist-conv');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vae-page-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A copy of the model whose manifest says something else. */
function modelWith(change: (manifest: Record<string, Record<string, unknown>>) => void): string {
  cpSync(trained, folder, { recursive: true });
  const path = join(folder, 'vae.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  change(manifest);
  writeFileSync(path, JSON.stringify(manifest));
  return folder;
}

describe('the files of a page', () => {
  it('are the HTML, the decoder with its manifest, and what the SDK needs to run it', async () => {
    const files = new Map(await pageFiles(trained));
    const names = [...files.keys()];
    expect(names.slice(0, 3)).toEqual(['index.html', 'model/vae.json', 'model/decoder.onnx']);
    expect(names).toContain('vae/element.js');
    expect(names).toContain('vae/ort-wasm-simd-threaded.wasm');
    expect(names.every((name) => /^(index\.html|(model|vae)\/[\w.-]+)$/.test(name))).toBe(true);
    const decoder = files.get('model/decoder.onnx') as Uint8Array;
    expect(readFileSync(join(trained, 'decoder.onnx')).equals(decoder)).toBe(true);
    // Every script that one of them names is there.
    for (const [name, content] of files)
      if (name.endsWith('.js'))
        for (const [, other] of content.toString().matchAll(/(?:from|import\()"\.\/([\w.-]+\.js)"/g))
          expect(names, `${name} imports ${other}`).toContain(`vae/${other}`);
  });

  it('are refused for a decoder that was changed', async () => {
    const path = join(
      modelWith(() => {}),
      'decoder.onnx',
    );
    const bytes = readFileSync(path);
    bytes[1000] ^= 1;
    writeFileSync(path, bytes);
    await expect(pageFiles(folder)).rejects.toThrow(
      /decoder\.onnx is not the file that vae\.json describes \(\d+ bytes, SHA-256 [0-9a-f]{64}; found .*\)\. Export the model again\./,
    );
  });

  it.each<[string, Parameters<typeof modelWith>[0]]>([
    [
      'its data are of kind "vector", and a page draws images',
      ({ data }) => Object.assign(data, { kind: 'vector' }),
    ],
    ['it has no decoder', ({ files }) => delete files.decoder],
    [
      'it is conditioned on numbers that are no classes, which the page has no control for',
      (manifest) => {
        manifest.labels = { conditional: true };
      },
    ],
  ])('are refused where %s', async (why, change) => {
    const refused = pageFiles(modelWith(change));
    await expect(refused).rejects.toMatchObject({ name: 'UsageError' });
    await expect(refused).rejects.toThrow(`page: ${folder} cannot be a page: ${why}.`);
  });

  it('may take the place of those of another page, and of nothing else', () => {
    for (const name of ['vae', 'model']) mkdirSync(join(folder, name));
    const may = replaceable(folder);
    expect(['index.html', 'vae', 'model', 'thesis.tex'].map(may)).toEqual([true, false, false, false]);
    writeFileSync(join(folder, 'vae/element.js'), '');
    writeFileSync(join(folder, 'model/vae.json'), '');
    expect(['vae', 'model'].map(may)).toEqual([true, true]);
  });
});
