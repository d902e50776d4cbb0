import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseManifest } from '@vae/sdk/manifest';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Compiled, State } from '../engines/engine.js';
import { buildPrograms, initialState } from '../programs.js';
import { inThreadOrt } from '../testing/in-thread-ort.js';
import { runOnnx } from '../testing/run-onnx.js';
import { everyLayer, TINY_SHAPE, tinyRecipe } from '../testing/tiny-training.js';
import { exportHalves } from './halves.js';
import { type ModelFolder, writeModelFolder } from './model-folder.js';
import { mismatch, verifyExport } from './verify.js';

vi.mock('../engines/index.js', () => import('../testing/in-thread-engines.js'));

describe('the mismatch of two outputs', () => {
  it('is the largest difference in units of 1e-5, or of 1e-5 of the largest number', () => {
    expect(mismatch([1, 2, 3], [1, 2, 3])).toBe(0);
    expect(mismatch([0.5, 2e-5], [0.5, 0])).toBeCloseTo(2, 10);
    expect(mismatch([1000, 0.01], [1000, 0])).toBeCloseTo(1, 10);
    expect(mismatch([-1000.02, 0], [-1000, 0])).toBeCloseTo(2, 6);
    expect(mismatch([], [])).toBe(0);
    expect(mismatch([0.5, 2e-5], [0.5, 0], 1e-5, 4)).toBeCloseTo(0.5, 10);
  });

  it('is infinite for another length', () => {
    expect(mismatch([1, 2], [1])).toBe(Number.POSITIVE_INFINITY);
    expect(mismatch([1], [1, 2])).toBe(Number.POSITIVE_INFINITY);
  });

  it.each([
    ['first', [Number.NaN, 1, 2], [0, 1, 2]],
    ['in the middle', [0, Number.NaN, 2], [0, 1, 2]],
    ['last', [0, 1, Number.NaN], [0, 1, 2]],
    ['on the other side', [0, 1, 2], [Number.NaN, 1, 2]],
    ['on both sides', [Number.NaN, 1], [Number.NaN, 1]],
    ['and a larger difference behind it', [Number.NaN, 1], [0, 9]],
  ])('is infinite where a NaN stands %s', (_, got, expected) => {
    expect(mismatch(got, expected)).toBe(Number.POSITIVE_INFINITY);
  });

  it('is too much where one side is infinite', () => {
    expect(mismatch([Number.POSITIVE_INFINITY, 0], [1, 0])).toBeGreaterThan(1);
    expect(mismatch([1, 0], [Number.POSITIVE_INFINITY, 0])).toBeGreaterThan(1);
  });
});

const recipe = tinyRecipe({ model: everyLayer });
const programs = buildPrograms(recipe, TINY_SHAPE);
const weights = initialState(programs, recipe.seed);
const reference = Float32Array.from({ length: 9 * 64 }, (_, i) => (i % 5 === 0 ? 1 : 0));

/** The weights with one number moved. */
function off(name: string, by: number): State {
  const data = weights[name].data.slice();
  data[0] += by;
  return { ...weights, [name]: { ...weights[name], data } };
}

let compiled: Compiled;
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'vae-export-'));
  const { encode, decode } = programs;
  compiled = await inThreadOrt.compile({ encode, decode }, weights);
});
afterEach(async () => {
  await compiled.dispose();
  await rm(root, { recursive: true });
});

describe('the exported halves', () => {
  it('compute what the trainer computes', async () => {
    const halves = exportHalves(programs, weights);
    await verifyExport(halves, { programs, compiled, reference, weights });
    const x = reference.slice(0, 3 * 64);
    const [found] = await runOnnx(halves.encoder, { x: { data: x, shape: [3, ...TINY_SHAPE] } });
    const expected = await compiled.run('encode', { x: x.slice() });
    expect(Object.keys(found).sort()).toEqual(['logvar', 'mean']);
    expect(mismatch(found.mean.data, expected.mean)).toBeLessThan(1);
    expect(mismatch(found.logvar.data, expected.logvar)).toBeLessThan(1);
  });

  it('are the same bytes each time, and follow their own weights only', () => {
    const [one, two] = [exportHalves(programs, weights), exportHalves(programs, weights)];
    expect(two).toEqual(one);
    const other = exportHalves(programs, off('decoder.0-dense.bias', 1));
    expect(other.encoder).toEqual(one.encoder);
    expect(other.decoder).not.toEqual(one.decoder);
  });

  it.each([
    [
      'encoder.mean-logvar.bias',
      /^encoder\.onnx: output "mean" differs from the trainer's forward pass by \d+\S* times/,
    ],
    ['encoder.9-dense.bias', /^encoder\.onnx: output "(mean|logvar)" differs/],
    ['decoder.8-conv2dTranspose.bias', /^decoder\.onnx: output "(x|logits)" differs/],
  ])('with %s off by 1e-3 are refused', async (name, message) => {
    const halves = exportHalves(programs, off(name, 1e-3));
    await expect(verifyExport(halves, { programs, compiled, reference, weights })).rejects.toMatchObject({
      name: 'TrainerError',
      code: 'export-mismatch',
      message: expect.stringMatching(message),
    });
  });

  it('with a NaN are refused', async () => {
    const halves = exportHalves(programs, off('encoder.mean-logvar.bias', Number.NaN));
    await expect(verifyExport(halves, { programs, compiled, reference, weights })).rejects.toMatchObject({
      code: 'export-mismatch',
    });
  });
});

describe('a GPU whose forward pass differs by more than it may', () => {
  const gpu = (): Compiled => ({
    ...compiled,
    device: 'cuda',
    run: async (program, feeds) => {
      const results = await compiled.run(program, feeds);
      const moved = Object.entries(results).map(([name, values]) => [
        name,
        values.map((value) => value + 0.1),
      ]);
      return Object.fromEntries(moved);
    },
  });
  const notes: string[] = [];
  const comparison = () => ({
    programs,
    compiled: gpu(),
    reference,
    weights,
    onNote: (text: string) => void notes.push(text),
  });

  it('is noted where the processor gives what the files give', async () => {
    await verifyExport(exportHalves(programs, weights), comparison());
    expect(notes.splice(0)).toEqual([
      expect.stringMatching(
        /^encoder\.onnx: output "mean" differs .* tolerance of 0\.005 at batch 1\. That is cuda's rounding: on the processor both are the same\.$/,
      ),
    ]);
  });

  it('is no excuse for files that differ there too', async () => {
    const halves = exportHalves(programs, off('encoder.mean-logvar.bias', 1e-3));
    await expect(verifyExport(halves, comparison())).rejects.toMatchObject({
      code: 'export-mismatch',
      message: expect.stringContaining('the tolerance of 0.00001 at batch 1. Nothing was exported'),
    });
    expect(notes).toEqual([]);
  });
});

describe('a model folder', () => {
  const manifest: ModelFolder['manifest'] = {
    format: 'vae',
    version: 1,
    name: 'tiny',
    data: { kind: 'image', shape: [...TINY_SHAPE], range: [0, 1] },
    latent: { kind: 'gaussian', shape: [3] },
    likelihood: { kind: 'bernoulli', output: 'logits' },
    metrics: { test: { bound: -40.25, samples: 20 } },
  };
  const model = (given: State) => ({
    manifest,
    programs,
    weights: given,
    compiled,
    reference,
    caveat: 'A caveat.',
  });

  it('is written with a manifest that names its files', async () => {
    const written = await writeModelFolder(join(root, 'vae'), model(weights));
    expect((await readdir(join(root, 'vae'))).sort()).toEqual([
      'README.md',
      'decoder.onnx',
      'encoder.onnx',
      'vae.json',
    ]);
    expect(parseManifest(JSON.parse(JSON.stringify(written)), 'vae.json')).toEqual(written);
  });

  it('is not written for files that compute something else', async () => {
    await expect(
      writeModelFolder(join(root, 'vae'), model(off('encoder.mean-logvar.bias', 1e-3))),
    ).rejects.toMatchObject({
      code: 'export-mismatch',
    });
    expect(await readdir(root)).toEqual([]);
  });

  it('that was there stays as it was when the new one is refused', async () => {
    await writeModelFolder(join(root, 'vae'), model(weights));
    await expect(
      writeModelFolder(join(root, 'vae'), model(off('decoder.0-dense.bias', 1e-3))),
    ).rejects.toMatchObject({
      code: 'export-mismatch',
    });
    expect(await readdir(root)).toEqual(['vae']);
    expect((await readdir(join(root, 'vae'))).length).toBe(4);
  });

  it('keeps what users put beside its files, and nothing that a crash left', async () => {
    const path = join(root, 'vae');
    await writeModelFolder(path, model(weights));
    await mkdir(join(path, '.vae.0123456789ab.tmp'));
    await writeFile(join(path, 'notes.txt'), 'mine');
    await writeFile(join(path, 'encoder.onnx'), 'old');
    await writeModelFolder(path, model(weights));
    expect((await readdir(path)).sort()).toEqual([
      'README.md',
      'decoder.onnx',
      'encoder.onnx',
      'notes.txt',
      'vae.json',
    ]);
    expect(await readFile(join(path, 'notes.txt'), 'utf8')).toBe('mine');
    expect((await readFile(join(path, 'encoder.onnx'))).length).toBeGreaterThan(100);
  });
});
