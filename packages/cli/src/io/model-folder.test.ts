import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Manifest, parseManifest } from '@vae/sdk/manifest';
import { beforeAll, describe, expect, it } from 'vitest';
import { modelBytes, modelFolder } from '../../../sdk/src/testing/models.js';
import { filesWith, findModelFolder, isModelFile, manifestText } from './model-folder.js';

let model: string;
beforeAll(async () => {
  model = await modelFolder();
});

const manifest = parseManifest(modelBytes().manifest, 'test');

describe('findModelFolder', () => {
  it('takes a folder or its vae.json', async () => {
    expect(await findModelFolder(model)).toEqual({ path: model, bundled: false });
    expect(await findModelFolder(join(model, 'vae.json'))).toEqual({ path: model, bundled: false });
  });

  it('refuses what is not on this disk, and a folder without a manifest', async () => {
    await expect(findModelFolder('https://example.org/model')).rejects.toThrow(
      '"https://example.org/model" is no model folder on this disk; download the model and give its folder.',
    );
    const folder = mkdtempSync(join(tmpdir(), 'vae-empty-'));
    await expect(findModelFolder(folder)).rejects.toThrow(`"${folder}" has no vae.json; this command needs`);
    rmSync(folder, { recursive: true });
  });
});

describe('manifestText', () => {
  it('puts lists of numbers on a line, and changes nothing else', () => {
    const prior: Manifest['prior'] = { kind: 'standard-normal', mean: [1e-7, -2], std: [1, 3.5] };
    const named: Manifest = { ...manifest, prior, name: 'not [\n 1, 2\n] a list' };
    const text = manifestText(named);
    expect(text).toContain('"mean": [1e-7, -2],\n');
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(named)));
  });

  it('refuses one that is too long or wrong', () => {
    const cholesky = Array.from({ length: 1024 }, () => new Array(500).fill(0.123456789));
    const mixture = { weights: [1], mean: [[0, 0]], cholesky };
    const prior: Manifest['prior'] = { kind: 'standard-normal', mixture };
    expect(() => manifestText({ ...manifest, prior })).toThrow(
      /^vae\.json would have \d+ characters, at most 1048576/,
    );
    expect(() => manifestText({ ...manifest, prior: { kind: 'standard-normal', mean: [1] } })).toThrow(
      'prior.mean',
    );
  });
});

describe('filesWith', () => {
  it('gives the files of the model and nothing else', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vae-files-'));
    cpSync(model, folder, { recursive: true });
    cpSync(join(model, 'vae.json'), join(folder, 'preview.png'));
    cpSync(join(model, 'vae.json'), join(folder, 'notes.txt'));
    const files = new Map(await filesWith({ ...manifest, name: 'other' }, { path: folder, bundled: false }));
    expect([...files.keys()]).toEqual(['vae.json', 'encoder.onnx', 'decoder.onnx', 'preview.png']);
    expect(JSON.parse(String(files.get('vae.json'))).name).toBe('other');
    expect(files.get('decoder.onnx')).toEqual(readFileSync(join(model, 'decoder.onnx')));
    expect([...files.keys()].every(isModelFile)).toBe(true);
    expect(isModelFile('notes.txt')).toBe(false);
    rmSync(folder, { recursive: true });
  });
});
