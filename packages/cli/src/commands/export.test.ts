import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VAE } from '@vae/sdk';
import { normal } from '@vae/sdk/random';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { modelFolder } from '../../../sdk/src/testing/models.js';
import { runVae as run } from '../testing/run-vae.js';

const trained = join(import.meta.dirname, '../../../../models/mnist-conv');

/** Largest difference in units of max(1, largest expected number). */
function differenceOf(got: { data: Float32Array }, expected: { data: Float32Array }): number {
  expect(got.data.length).toBe(expected.data.length);
  const largest = (values: Float32Array) =>
    values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return largest(got.data.map((value, i) => value - expected.data[i])) / Math.max(1, largest(expected.data));
}

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
    const manifest = (path: string) => JSON.parse(readFileSync(join(path, 'vae.json'), 'utf8'));
    // Bundled files are what the exporter of today writes: who finds a smaller graph writes them again.
    expect(manifest(at('again'))).toEqual(manifest(trained));
    for (const name of ['encoder.onnx', 'decoder.onnx', 'README.md', 'preview.png'])
      expect(readFileSync(at(`again/${name}`)).equals(readFileSync(join(trained, name))), name).toBe(true);
    // An export of the export is the same, byte by byte.
    expect((await run('export', at('again'), '-o', at('twice'))).code).toBe(0);
    for (const name of ['vae.json', 'encoder.onnx', 'decoder.onnx', 'README.md', 'preview.png'])
      expect(readFileSync(at(`twice/${name}`)).equals(readFileSync(at(`again/${name}`))), name).toBe(true);
  });

  it.each([
    ['float16', 0.01, 0.52],
    ['int8', 0.05, 0.36],
  ] as const)('writes a %s model that the SDK runs as well on cpu and wasm', async (dtype, bound, share) => {
    const { code, stdout, stderr } = await run(
      'export',
      trained,
      '--dtype',
      dtype,
      '-o',
      at(dtype),
      '--json',
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { precision } = JSON.parse(stdout);
    expect(precision).toMatchObject({ dtype, tolerance: bound });
    for (const half of ['encoder', 'decoder']) {
      const { bytes, float32Bytes } = precision[half];
      expect(bytes / float32Bytes).toBeLessThan(share);
      expect(statSync(at(`${dtype}/${half}.onnx`)).size).toBe(bytes);
    }
    const z = { data: normal({ seed: 9, stream: 'z' }, 12), shape: [6, 2] };
    for (const device of ['cpu', 'wasm'] as const) {
      const exact = await VAE.load(trained, { device });
      const rounded = await VAE.load(at(dtype), { device });
      const [x, y] = [await exact.decode(z), await rounded.decode(z)];
      expect(differenceOf(y, x)).toBeLessThan(bound);
      expect(differenceOf(y, x)).toBeGreaterThan(0);
      const [codes, close] = [await exact.encode(x), await rounded.encode(x)];
      for (const name of ['mean', 'logvar'] as const)
        expect(differenceOf(close[name], codes[name]), name).toBeLessThan(bound);
      await exact.dispose();
      await rounded.dispose();
    }
  });

  it('writes the layout of diffusers, which the SDK reads back with the same numbers', async () => {
    const { code, stdout } = await run('export', trained, '--layout', 'diffusers', '-o', at('diffusers'));
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^Wrote .*: mnist-conv as ONNX by the native writer, as diffusers lays it out\.\n/,
    );
    const ours = await VAE.load(trained, { device: 'cpu' });
    const theirs = await VAE.load(at('diffusers'), { device: 'cpu' });
    expect(theirs.latent).toMatchObject({ kind: 'gaussian', shape: [2, 1, 1] });
    const z = normal({ seed: 9, stream: 'z' }, 12);
    const x = await ours.decode({ data: z, shape: [6, 2] });
    const pixels = await theirs.decode({ data: z, shape: [6, 2, 1, 1] });
    expect(pixels.shape).toEqual(x.shape);
    expect(differenceOf({ data: pixels.data.map((value) => (value + 1) / 2) }, x)).toBeLessThan(1e-5);
    const [codes, found] = [await ours.encode(x), await theirs.encode(pixels)];
    for (const name of ['mean', 'logvar'] as const)
      expect(differenceOf(found[name], codes[name]), name).toBeLessThan(1e-5);
    await ours.dispose();
    await theirs.dispose();
  });

  it('tells sizes, errors and times of a rounded model', async () => {
    const { stdout } = await run('export', trained, '--dtype', 'float16', '-o', at('told'));
    expect(stdout).toMatch(/^Wrote .*told: mnist-conv as ONNX by the native writer, float16\.\n/);
    expect(stdout).toMatch(
      /\nencoder: 0\.5\d × the size of float32, \d+\.\d\d × its time\n {2}mean: off by [\d.e-]+ at most/,
    );
    expect(stdout).toMatch(
      /\n {2}logits: off by [\d.e-]+ at most, [\d.e-]+ on average, of numbers up to \d+\n$/,
    );
  });

  it('writes nothing where rounding costs more than --tolerance', async () => {
    const words = ['--dtype', 'int8', '--tolerance', '1e-4', '-o', at('never')];
    const { code, stderr } = await run('export', trained, ...words);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^encoder\.onnx: output "\w+" is off by up to \S+ as int8, .* allowed are 0\.0001 × max/,
    );
    expect(existsSync(at('never'))).toBe(false);
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
    [['--dtype', 'fp16'], '--dtype "fp16" is not known. Choose one of: float32, float16, int8.'],
    [
      ['--dtype', 'int8', '--format', 'tfjs'],
      '--dtype int8 is for ONNX files; leave it out with --format tfjs.',
    ],
    [
      ['--dtype', 'int8', '--via', 'tf2onnx'],
      '--dtype int8 is of the native writer; leave --via tf2onnx out.',
    ],
    [
      ['--layout', 'diffuser'],
      '--layout "diffuser" is not known; did you mean "diffusers"? Choose one of: vae, diffusers.',
    ],
    [['--tolerance', '1'], '--tolerance goes with --dtype float16 or int8; float32 files are exact.'],
    [
      ['--dtype', 'int8', '--tolerance', '-1'],
      '--tolerance -1 is out of range; give a number of at least 0.',
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
    expect((await run('export', 'nowhere', '-o', at('never'))).stderr).toMatch(
      /^"nowhere" is no model folder/,
    );
  });
});
