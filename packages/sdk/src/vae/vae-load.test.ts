import { execFileSync } from 'node:child_process';
import { link, mkdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { dataShape, encodeByHand, encoderModel, modelFolder } from '../testing/models.js';
import { codeOf, expectClose, image, tinyLoader } from '../testing/tiny.js';
import { VAE } from './vae.js';

const load = tinyLoader();

describe('load', () => {
  it('takes a folder, its vae.json and file URLs', async () => {
    const folder = await modelFolder();
    for (const source of [
      folder,
      join(folder, 'vae.json'),
      pathToFileURL(folder),
      pathToFileURL(folder).href,
    ]) {
      const vae = await VAE.load(source);
      expect([vae.name, vae.dataShape, vae.latentShape]).toEqual(['tiny', dataShape, [2]]);
      expectClose((await vae.encode(image)).mean, encodeByHand(image).slice(0, 2));
      await vae.dispose();
    }
  });

  it('needs only the half that is used', async () => {
    const folder = await modelFolder();
    await rm(join(folder, 'encoder.onnx'));
    const vae = await VAE.load(folder);
    expect((await vae.sample(1)).shape).toEqual([1, ...dataShape]);
    await expect(vae.encode(image)).rejects.toThrow('encoder.onnx: no such file.');
    await vae.dispose();
  });

  it.each<[string, (folder: string, file: string) => Promise<unknown>, string]>([
    ['truncated', (_, file) => truncate(file, 100), '100 bytes, the manifest says'],
    ['changed', async (_, file) => writeFile(file, encoderModel().fill(0, 40, 41)), 'sha256 is'],
    [
      'a symbolic link',
      async (folder, file) => {
        await rename(file, join(folder, 'real.onnx'));
        await symlink(join(folder, 'real.onnx'), file);
      },
      'encoder.onnx: a symbolic link',
    ],
    ['hard-linked', (folder, file) => link(file, join(folder, 'second.onnx')), 'has 2 hard links'],
    [
      'a folder',
      async (_, file) => {
        await rm(file);
        await mkdir(file);
      },
      'encoder.onnx: a folder, expected a file.',
    ],
  ])('refuses a model file that is %s', async (_, spoil, text) => {
    const folder = await modelFolder();
    await spoil(folder, join(folder, 'encoder.onnx'));
    await expect(VAE.load(folder)).rejects.toThrow(text);
  });

  it('refuses a model file that changed after it was loaded', async () => {
    const folder = await modelFolder();
    const vae = await VAE.load(folder);
    await writeFile(join(folder, 'encoder.onnx'), encoderModel().fill(0, 40, 41));
    await expect(vae.encode(image)).rejects.toThrow('sha256 is');
    await vae.dispose();
  });

  it.skipIf(process.platform === 'win32')('refuses a named pipe without waiting for it', async () => {
    const folder = await modelFolder();
    await rm(join(folder, 'decoder.onnx'));
    execFileSync('mkfifo', [join(folder, 'decoder.onnx')]);
    await expect(VAE.load(folder)).rejects.toThrow('decoder.onnx: not a regular file.');
  });

  it('reads again after a failure', async () => {
    const folder = await modelFolder();
    const file = join(folder, 'encoder.onnx');
    await rename(file, `${file}.away`);
    const vae = await VAE.load(folder);
    expect(await codeOf(vae.encode(image))).toBe('not-found');
    await rename(`${file}.away`, file);
    expectClose((await vae.encode(image)).mean, encodeByHand(image).slice(0, 2));
    await vae.dispose();
  });

  it.each<[unknown, string, string]>([
    ['no-such-model', 'not-found', 'no-such-model: no such folder, and no bundled model of that name;'],
    ['http://example.com/model', 'unsupported', 'only https: and file: URLs can be loaded here'],
    ['file://host/x', 'not-found', 'file://host/x: names no folder here'],
    ['file:///a%2Fb', 'not-found', 'file:///a%2Fb: names no folder here'],
    [
      {},
      'bad-option',
      'expected a folder, a URL, hf:owner/name, a bundled name, { manifest, encoder, decoder }',
    ],
    [{ encoder: new Uint8Array(1) }, 'bad-model', 'the given encoder:'],
    [{ decoder: 5 }, 'bad-option', 'decoder is no path, URL, Uint8Array, ArrayBuffer or Blob.'],
    [{ manifest: '{}' }, 'bad-manifest', 'manifest: format is undefined, expected "vae".'],
  ])('refuses %j', async (source, code, text) => {
    const failure = VAE.load(source as string);
    await expect(failure).rejects.toThrow(text);
    expect(await codeOf(failure)).toBe(code);
  });

  it('refuses a folder without a manifest, and one larger than 1 MiB', async () => {
    const folder = await modelFolder();
    await writeFile(join(folder, 'vae.json'), ' '.repeat(2 ** 20 + 1));
    await expect(VAE.load(folder)).rejects.toThrow('vae.json: 1048577 bytes, at most 1048576 are read.');
    await rm(join(folder, 'vae.json'));
    await rm(join(folder, 'encoder.onnx'));
    await rm(join(folder, 'decoder.onnx'));
    await expect(VAE.load(folder)).rejects.toThrow('there is no vae.json, and none of');
  });

  it('names the folder of the model in the folder of a run', async () => {
    const run = await modelFolder();
    await mkdir(join(run, 'vae'));
    for (const name of ['vae.json', 'encoder.onnx', 'decoder.onnx'])
      await rename(join(run, name), join(run, 'vae', name));
    for (const given of [run, `${run}/`, pathToFileURL(run)]) {
      const failure = VAE.load(given);
      await expect(failure).rejects.toThrow(`: there is no vae.json, but one in ${run}/vae: load that.`);
      expect(await codeOf(failure)).toBe('not-found');
    }
    await using vae = await VAE.load(join(run, 'vae'));
    expect(vae.name).toBe('tiny');
  });

  it('refuses unknown devices and thread counts', async () => {
    await expect(load({}, { device: 'cdua' as 'cpu' })).rejects.toThrow("Did you mean 'cuda'?");
    for (const threads of [0, Number.NaN]) {
      await expect(load({}, { threads })).rejects.toThrow(
        `threads is ${threads}, expected a whole number from 1 to 1024.`,
      );
    }
  });
});
