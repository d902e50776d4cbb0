import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { runVae } from '../testing/run-vae.js';
import { kindOfFolder, refusalOf } from './explain-folder.js';

const folder = mkdtempSync(join(tmpdir(), 'vae-explain-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  process.exitCode = 0;
});

function made(name: string, ...files: string[]): string {
  for (const file of files) {
    mkdirSync(dirname(join(folder, name, file)), { recursive: true });
    writeFileSync(join(folder, name, file), '');
  }
  return join(folder, name);
}

const tfjs = made('tfjs', 'encoder/model.json', 'decoder/model.json', 'README.md');
const diffusers = made('diffusers', 'vae_encoder/model.onnx', 'vae_decoder/model.onnx', 'preview.png');
const begun = made('begun run', 'recipe.json', 'run.json', 'checkpoints/last.zip', 'pictures/epoch-0.png');
const photos = made('photos', 'cats/1.jpg', 'notes.txt');

describe('a table given as a model', () => {
  it('is explained, but for a model in a folder of such a name', async () => {
    const table = join(made('tables', 'a.csv'), 'a.csv');
    const sentence = `is a table, no model: give the model first, or train one: vae-train init --data "csv:${table}`;
    expect(await refusalOf(table)).toBe(`"${table}" ${sentence}"`);
    expect(await refusalOf(`csv:${table}?label=b`)).toBe(`"${table}" ${sentence}?label=b"`);
    expect((await runVae('encode', table, '-o', join(folder, 'z.npy'))).code).toBe(2);
    expect((await runVae('sample', table, '-o', join(folder, 'x.csv'))).stderr).toBe(
      `"${table}" ${sentence}"\n`,
    );
    expect(await refusalOf(made('model.csv', 'vae.json', 'encoder.onnx'))).toBeUndefined();
    expect(await refusalOf(join(folder, 'missing.csv'))).toBeUndefined();
  });
});

describe('a folder given as a model', () => {
  it.each([
    [tfjs, 'tfjs'],
    [diffusers, 'diffusers'],
    [photos, 'pictures'],
    [made('model', 'vae.json', 'encoder.onnx', 'preview.png'), undefined],
    [made('run', 'vae/vae.json', 'pictures/1.png'), undefined],
    [made('ended', 'recipe.json', 'run.json', 'vae/vae.json', 'pictures/1.png'), undefined],
    [begun, 'run'],
    [made('runs', 'a/checkpoints/last.zip', 'b/vae/vae.json'), 'models'],
    [made('early', 'recipe.json', 'checkpoints/last.zip'), 'run'],
    [made('recipes', 'recipe.json', 'pictures/1.png'), 'pictures'],
    [made('others', 'encoder.onnx', 'preview.png'), undefined],
    [made('empty', 'notes.txt'), undefined],
    [join(folder, 'missing'), undefined],
  ])('%s is %s', async (path, kind) => {
    expect(await kindOfFolder(path)).toBe(kind);
  });

  it('that is a run without a model says how to go on', async () => {
    const stderr = `"${begun}" is a run without a model yet; go on with it: vae-train --resume "${begun}"\n`;
    for (const words of [
      ['info', begun],
      ['sample', begun, '-o', join(folder, 'x.png')],
      ['export', begun],
    ])
      expect(await runVae(...words)).toEqual({ code: 2, stdout: '', stderr });
    const plain = made('plain', 'recipe.json', 'run.json');
    expect(await refusalOf(plain)).toMatch(new RegExp(`vae-train --resume ${plain}$`));
  });

  it('that holds models names one of them', async () => {
    const runs = join(folder, 'runs');
    const stderr = `"${runs}" is no model, but a folder that holds some; give one of them: "${join(runs, 'b')}"\n`;
    for (const words of [
      ['sample', runs, '-o', join(folder, 'x.png')],
      ['export', runs],
    ])
      expect(await runVae(...words)).toEqual({ code: 2, stdout: '', stderr });
  });

  it('without a model is told what one has', async () => {
    const empty = join(folder, 'empty');
    expect(await runVae('sample', empty, '-o', join(folder, 'x.png'))).toEqual({
      code: 2,
      stdout: '',
      stderr: `"${empty}" is no model folder: it has no vae.json, and no encoder.onnx or decoder.onnx either. Give the folder of a model or of a run.\n`,
    });
  });

  it('is explained in one sentence by each command', async () => {
    for (const words of [
      ['info', tfjs],
      ['sample', tfjs, '-o', join(folder, 'x.png')],
      ['export', tfjs],
    ]) {
      expect(await runVae(...words)).toEqual({ code: 2, stdout: '', stderr: `${await refusalOf(tfjs)}\n` });
    }
    expect(await refusalOf(tfjs)).toBe(
      `"${tfjs}" is a model for TensorFlow.js: open it there with tf.loadGraphModel('encoder/model.json') and ` +
        "'decoder/model.json', and give this command the model folder that it was exported from, with its vae.json.",
    );
    expect((await runVae('encode', photos, photos, '-o', join(folder, 'z.npy'))).stderr).toBe(
      `"${photos}" is a folder of pictures, no model: give the model first, or train one: vae-train init --data "images:${photos}?size=64"\n`,
    );
    expect((await runVae('export', diffusers)).stderr).toBe(
      `"${diffusers}" is laid out as diffusers has it, without a vae.json; this command needs the model folder that it was exported from.\n`,
    );
  });
});
