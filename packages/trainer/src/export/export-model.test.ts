import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Manifest, parseManifest } from '@vae/sdk/manifest';
import { encodePng } from '@vae/sdk/media';
import { normal } from '@vae/sdk/random';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { State } from '../engines/engine.js';
import { buildPrograms, initialState } from '../programs.js';
import { inThreadOrt } from '../testing/in-thread-ort.js';
import { runGraphModel } from '../testing/run-graph-model.js';
import { runOnnx } from '../testing/run-onnx.js';
import { everyLayer, TINY_SHAPE, tinyRecipe } from '../testing/tiny-training.js';
import { exportModel } from './export-model.js';
import { writeModelFolder } from './model-folder.js';
import { mismatch } from './verify.js';

const recipe = tinyRecipe({ model: everyLayer });
const programs = buildPrograms(recipe, TINY_SHAPE);
const weights: State = Object.fromEntries(
  Object.entries(initialState(programs, 3)).map(([name, { data, shape }]) => {
    const noise = normal({ seed: 1, stream: name }, data.length);
    return [name, { shape, data: data.map((value, i) => value + 0.1 * noise[i]) }];
  }),
);
const preview = { width: 1, height: 1, channels: 1 as const, data: Uint8Array.of(7) };

let root: string;
let model: string;
let out: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'vae-export-model-'));
  model = join(root, 'model');
  out = join(root, 'out');
  const { encode, decode } = programs;
  const compiled = await inThreadOrt.compile({ encode, decode }, weights);
  await writeModelFolder(model, {
    manifest: {
      format: 'vae',
      version: 1,
      name: 'tiny',
      data: { kind: 'image', shape: [...TINY_SHAPE], range: [0, 1] },
      latent: { kind: 'gaussian', shape: [3] },
      likelihood: { kind: 'bernoulli', output: 'logits' },
      prior: { kind: 'standard-normal', mean: [0, 1, 2], std: [1, 1, 1] },
      training: { recipe, versions: { node: '20' } },
    },
    programs,
    weights,
    compiled,
    reference: new Float32Array(64),
    caveat: 'A caveat.',
    preview,
  });
  await compiled.dispose();
});
afterEach(() => rm(root, { recursive: true }));

const run = (options: Partial<Parameters<typeof exportModel>[1]> = {}) =>
  exportModel(model, { out, engine: inThreadOrt, ...options });

/** Changes the manifest, and with it what it says of a file where the file was changed. */
async function edit(change: (manifest: Manifest) => object): Promise<void> {
  const path = join(model, 'vae.json');
  const manifest = parseManifest(await readFile(path, 'utf8'), path);
  await writeFile(path, JSON.stringify({ ...manifest, ...change(manifest) }));
}

describe('exporting a model again', () => {
  it('gives the same folder', async () => {
    const result = await run();
    expect(result).toMatchObject({ output: out, name: 'tiny', format: 'onnx', via: 'native' });
    const names = ['README.md', 'decoder.onnx', 'encoder.onnx', 'preview.png', 'vae.json'];
    expect((await readdir(out)).sort()).toEqual(names);
    for (const name of names)
      expect(Buffer.compare(await readFile(join(out, name)), await readFile(join(model, name))), name).toBe(
        0,
      );
    expect(await readFile(join(out, 'preview.png'))).toEqual(Buffer.from(encodePng(preview)));
  });

  it('is refused where the recipe makes another network than the files hold', async () => {
    await edit(({ training }) => ({
      training: { ...training, recipe: tinyRecipe({ model: { ...everyLayer, heads: 'separate' } }) },
    }));
    await expect(run()).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringContaining('no weights "encoder.mean.weight" in it'),
    });
  });

  it('is refused where the rebuilt network computes something else', async () => {
    const encoder = everyLayer.encoder.map((layer) => (layer === 'relu' ? 'tanh' : layer));
    await edit(({ training }) => ({
      training: { ...training, recipe: tinyRecipe({ model: { ...everyLayer, encoder } }) },
    }));
    await expect(run()).rejects.toMatchObject({
      code: 'export-mismatch',
      message: expect.stringContaining("differs from the model's own file"),
    });
    expect(await readdir(root)).toEqual(['model']);
  });

  it.each<[string, () => Promise<void>, RegExp]>([
    [
      'without a recipe',
      () => edit(({ training: _, ...rest }) => ({ ...rest, training: undefined })),
      /vae\.json: there is no training\.recipe to rebuild the model from\. Only models that vae-train made/,
    ],
    [
      'with a recipe that is none',
      () => edit(() => ({ training: { recipe: { name: 'x' } } })),
      /vae\.json, training\.recipe: /,
    ],
    [
      'of one half',
      () => edit(({ files: { encoder } }) => ({ files: { encoder } })),
      /the model has no decoder; exporting needs both halves/,
    ],
    [
      'with a changed file',
      async () => {
        const bytes = await readFile(join(model, 'decoder.onnx'));
        bytes[bytes.length - 20] ^= 1;
        await writeFile(join(model, 'decoder.onnx'), bytes);
      },
      /decoder\.onnx: size or SHA-256 is not what vae\.json says/,
    ],
    [
      'that is no ONNX',
      async () => {
        const bytes = Buffer.from('not a model');
        await writeFile(join(model, 'encoder.onnx'), bytes);
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        const encoder = { path: 'encoder.onnx', bytes: bytes.length, sha256 };
        await edit(({ files }) => ({ files: { ...files, encoder } }));
      },
      /encoder\.onnx: /,
    ],
  ])('is refused for a model %s', async (_, spoil, message) => {
    await spoil();
    await expect(run()).rejects.toMatchObject({
      name: 'TrainerError',
      message: expect.stringMatching(message),
    });
    expect(await readdir(root)).toEqual(['model']);
  });
});

describe('a model for TensorFlow.js', () => {
  const files = async (half: string) => {
    const names = (await readdir(join(out, half))).sort().reverse();
    return Promise.all(
      names.map(async (name): Promise<[string, Uint8Array | string]> => {
        const bytes = await readFile(join(out, half, name));
        return [name, name === 'model.json' ? bytes.toString('utf8') : bytes];
      }),
    );
  };

  it('computes what the .onnx files do', async () => {
    const result = await run({ format: 'tfjs' });
    expect(result.via).toBeUndefined();
    expect((await readdir(out)).sort()).toEqual(['README.md', 'decoder', 'encoder']);
    for (const [half, input, shape] of [
      ['encoder', 'x', TINY_SHAPE],
      ['decoder', 'z', [3]],
    ] as const)
      for (const batch of [1, 7]) {
        const extents = [batch, ...shape];
        const count = extents.reduce((product, dim) => product * dim, 1);
        const feeds = { [input]: { data: normal({ seed: 2, stream: half }, count), shape: extents } };
        const [got] = await runGraphModel(await files(half), feeds);
        const [expected] = await runOnnx(await readFile(join(model, `${half}.onnx`)), feeds);
        expect(Object.keys(got).sort()).toEqual(Object.keys(expected).sort());
        for (const name of Object.keys(expected)) {
          expect(got[name].shape).toEqual(expected[name].shape);
          expect(mismatch(got[name].data, expected[name].data), name).toBeLessThan(1);
        }
      }
  });

  it('says what its numbers mean', async () => {
    await run({ format: 'tfjs' });
    const { userDefinedMetadata } = JSON.parse(await readFile(join(out, 'decoder/model.json'), 'utf8'));
    expect(userDefinedMetadata.vae).toMatchObject({
      name: 'tiny',
      data: { shape: [...TINY_SHAPE], range: [0, 1] },
      latent: { kind: 'gaussian', shape: [3] },
      prior: { mean: [0, 1, 2] },
    });
    expect(await readFile(join(out, 'README.md'), 'utf8')).toContain(
      "tf.loadGraphModel('encoder/model.json')",
    );
  });

  it('replaces an exported model only when told, and nothing else', async () => {
    await run({ format: 'tfjs' });
    await expect(run({ format: 'tfjs' })).rejects.toThrow('is not empty');
    await run({ format: 'tfjs', overwrite: true });
    await rm(join(out, 'decoder'), { recursive: true });
    await mkdir(join(out, 'decoder'));
    await writeFile(join(out, 'decoder', 'thesis.txt'), 'mine');
    await expect(run({ format: 'tfjs', overwrite: true })).rejects.toThrow('holds "decoder"');
    expect(await readFile(join(out, 'decoder', 'thesis.txt'), 'utf8')).toBe('mine');
  });
});
