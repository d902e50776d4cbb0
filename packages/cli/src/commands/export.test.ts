import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { modelFolder } from '../../../sdk/src/testing/models.js';
import { runVae as run } from '../testing/run-vae.js';

const trained = join(import.meta.dirname, '../../../../models/mnist-conv');

let folder: string;
const at = (name: string) => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vae-export-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  process.exitCode = 0;
});

describe('vae export', () => {
  it('writes a model folder again', async () => {
    const { code, stdout, stderr } = await run('export', trained, '-o', at('again'));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /^Wrote .*again: mnist-conv as ONNX by the native writer\.\nvae\.json +\d+ bytes\n/,
    );
    for (const name of ['encoder.onnx', 'decoder.onnx', 'README.md'])
      expect(readFileSync(join(at('again'), name)).equals(readFileSync(join(trained, name))), name).toBe(
        true,
      );
    const manifest = (path: string) => JSON.parse(readFileSync(join(path, 'vae.json'), 'utf8'));
    expect(manifest(at('again'))).toEqual(manifest(trained));
  });

  it('writes GraphModels for TensorFlow.js, and takes a run folder for the model in it', async () => {
    await cp(trained, at('run/vae'), { recursive: true });
    const argv = ['export', at('run'), '--format', 'tfjs', '-o', at('js'), '--json'];
    const { code, stdout, stderr } = await run(...argv);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ output: at('js'), name: 'mnist-conv', format: 'tfjs' });
    expect(result.files.map(({ name }: { name: string }) => name)).toContain('encoder/model.json');
    expect(readdirSync(at('js')).sort()).toEqual(['README.md', 'decoder', 'encoder']);
    expect((await run(...argv)).stderr).toMatch(/is not empty; choose another or add --overwrite\.\n$/);
    expect((await run(...argv, '--overwrite')).code).toBe(0);
  });

  it.each([
    [
      ['--via', 'tf2onxn'],
      '--via "tf2onxn" is not known; did you mean "tf2onnx"? Choose one of: native, tf2onnx.',
    ],
    [['--format', 'onxx'], '--format "onxx" is not known; did you mean "onnx"? Choose one of: onnx, tfjs.'],
    [
      ['--via', 'native', '--format', 'tfjs'],
      '--via native is a way to ONNX; leave it out with --format tfjs.',
    ],
  ])('refuses %j', async (words, message) => {
    const { code, stderr } = await run('export', trained, '-o', at('never'), ...words);
    expect({ code, stderr }).toEqual({ code: 2, stderr: `${message}\n` });
    expect(existsSync(at('never'))).toBe(false);
  });

  it('refuses the model itself as the place to write, and models of others', async () => {
    expect(await run('export', trained, '-o', trained, '--overwrite')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^-o .*mnist-conv is the model itself; choose another folder\.\n$/),
    });
    const other = await modelFolder({});
    expect(await run('export', other, '-o', at('never'))).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/there is no training\.recipe to rebuild the model from.*\n$/),
    });
    rmSync(other, { recursive: true });
    expect((await run('export', 'nowhere', '-o', at('never'))).stderr).toMatch(
      /^"nowhere" is no model folder/,
    );
  });
});
