import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Manifest, parseManifest } from '@vae/sdk/manifest';
import { encodePng } from '@vae/sdk/media';
import { normal, uniform } from '@vae/sdk/random';
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

describe('a rounded model', () => {
  it.each([
    ['float16', 0.01],
    ['int8', 0.05],
  ] as const)('of %s is a model folder whose outputs are within its bound', async (dtype, bound) => {
    const { precision, files } = await run({ dtype });
    expect(precision).toMatchObject({ dtype, tolerance: bound });
    expect(files.map(({ name }) => name)).toEqual([
      'vae.json',
      'encoder.onnx',
      'decoder.onnx',
      'README.md',
      'preview.png',
    ]);
    const manifest = parseManifest(await readFile(join(out, 'vae.json'), 'utf8'), 'vae.json');
    const before = parseManifest(await readFile(join(model, 'vae.json'), 'utf8'), 'vae.json');
    expect({ ...manifest, files: before.files }).toEqual(before);
    for (const [half, input, shape] of [
      ['encoder', 'x', TINY_SHAPE],
      ['decoder', 'z', [3]],
    ] as const) {
      const bytes = await readFile(join(out, `${half}.onnx`));
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      expect(manifest.files[half]).toEqual({ path: `${half}.onnx`, bytes: bytes.length, sha256 });
      expect(precision![half].bytes).toBe(bytes.length);
      const extents = [5, ...shape];
      const count = extents.reduce((product, dim) => product * dim, 1);
      const feeds = { [input]: { data: normal({ seed: 6, stream: half }, count), shape: extents } };
      const [[got], [expected]] = [
        await runOnnx(bytes, feeds),
        await runOnnx(await readFile(join(model, `${half}.onnx`)), feeds),
      ];
      for (const [name, { data }] of Object.entries(expected))
        expect(mismatch(got[name].data, data) * 1e-5, name).toBeLessThan(bound);
    }
    const card = await readFile(join(out, 'README.md'), 'utf8');
    const old = await readFile(join(model, 'README.md'), 'utf8');
    const [copy, rest] = card.split('\n\n## Precision\n');
    expect(rest).toContain('| encoder `mean` |');
    // The same card, about other files.
    const without = (text: string) => text.replace(/\| (en|de)coder\.onnx \|.*\n?/g, '').trimEnd();
    expect(without(copy)).toBe(without(old));
    for (const half of ['encoder', 'decoder'] as const) expect(copy).toContain(manifest.files[half]!.sha256);
    expect(await readFile(join(out, 'preview.png'))).toEqual(Buffer.from(encodePng(preview)));
  });

  it('gets a model card where there was none, and is none to export from', async () => {
    await rm(join(model, 'README.md'));
    await run({ dtype: 'float16' });
    expect(await readFile(join(out, 'README.md'), 'utf8')).toMatch(/^# tiny\n\n## Precision\n/);
    await expect(exportModel(out, { out: join(root, 'again'), engine: inThreadOrt })).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringMatching(
        /element type 10, expected float32 \(1\); a rounded model does not give them back/,
      ),
    });
  });

  it.each([
    [{ dtype: 'float16', tolerance: 1e-9 }, 'export-mismatch', /is off by up to \S+ as float16/],
    [{ dtype: 'int8', format: 'tfjs' }, 'bad-option', /^--dtype int8 is for ONNX files/],
    [{ dtype: 'float16', exportVia: 'tf2onnx' }, 'bad-option', /^--dtype float16 is of the native writer/],
    [{ tolerance: 1 }, 'bad-option', /^--tolerance goes with --dtype float16 or int8/],
  ] as const)('with %j is refused, and nothing is written', async (options, code, message) => {
    await expect(run(options)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(await readdir(root)).toEqual(['model']);
  });
});

describe('a model as diffusers lays it out', () => {
  /** Runs a half of ours and of the convention on the same numbers. */
  async function both(half: 'encoder' | 'decoder', ours: object, theirs: object) {
    const [expected] = await runOnnx(await readFile(join(model, `${half}.onnx`)), ours as never);
    const [got] = await runOnnx(await readFile(join(out, `vae_${half}/model.onnx`)), theirs as never);
    return { expected, got };
  }
  const x = uniform({ seed: 7, stream: 'x' }, 3 * 64);
  const shape = [3, ...TINY_SHAPE];

  it('takes and gives pixels in -1..1, moments side by side and latents as channels', async () => {
    const result = await run({ layout: 'diffusers' });
    expect(result).toMatchObject({ layout: 'diffusers', via: 'native' });
    expect((await readdir(out)).sort()).toEqual(['README.md', 'preview.png', 'vae_decoder', 'vae_encoder']);
    const pixels = x.map((value) => 2 * value - 1);
    const encoded = await both('encoder', { x: { data: x, shape } }, { sample: { data: pixels, shape } });
    expect(Object.keys(encoded.got)).toEqual(['latent_parameters']);
    expect(encoded.got.latent_parameters.shape).toEqual([3, 6, 1, 1]);
    const moments = [0, 1, 2].flatMap((row) =>
      ['mean', 'logvar'].flatMap((name) => [...encoded.expected[name].data.slice(3 * row, 3 * row + 3)]),
    );
    expect(mismatch(encoded.got.latent_parameters.data, moments)).toBeLessThan(1);

    const z = normal({ seed: 7, stream: 'z' }, 15);
    const latents = { data: z, shape: [5, 3, 1, 1] };
    const decoded = await both('decoder', { z: { data: z, shape: [5, 3] } }, { latent_sample: latents });
    expect(Object.keys(decoded.got)).toEqual(['sample']);
    expect(decoded.got.sample.shape).toEqual([5, ...TINY_SHAPE]);
    const values = decoded.expected.x.data.map((value) => 2 * value - 1);
    expect(mismatch(decoded.got.sample.data, values)).toBeLessThan(1);
    expect(JSON.parse(await readFile(join(out, 'vae_encoder/config.json'), 'utf8'))).toEqual({
      _class_name: 'AutoencoderKL',
      in_channels: 1,
      out_channels: 1,
      latent_channels: 3,
      sample_size: 8,
      scaling_factor: 1,
      latents_mean: [0, 1, 2],
      latents_std: [1, 1, 1],
    });
    await run({ layout: 'diffusers', overwrite: true });
  });

  it('has the threshold of binary data inside', async () => {
    await edit(({ data }) => ({ data: { ...data, preprocess: { binarize: 0.4 } } }));
    await run({ layout: 'diffusers' });
    const { got, expected } = await both(
      'encoder',
      { x: { data: x.map((value) => (value > 0.4 ? 1 : 0)), shape } },
      { sample: { data: x.map((value) => 2 * value - 1), shape } },
    );
    const means = [0, 1, 2].flatMap((row) => [...got.latent_parameters.data.slice(6 * row, 6 * row + 3)]);
    expect(mismatch(means, expected.mean.data)).toBeLessThan(1);
  });

  it('has the range of the data inside', async () => {
    await edit(({ data }) => ({ data: { ...data, range: [-2, 6] } }));
    await run({ layout: 'diffusers' });
    const wide = x.map((value) => 8 * value - 2);
    const { got, expected } = await both(
      'encoder',
      { x: { data: wide, shape } },
      { sample: { data: wide.map((value) => (value - 2) / 4), shape } },
    );
    const means = [0, 1, 2].flatMap((row) => [...got.latent_parameters.data.slice(6 * row, 6 * row + 3)]);
    expect(mismatch(means, expected.mean.data)).toBeLessThan(1);
    const z = { data: Float32Array.of(1, 0, -1), shape: [1, 3] };
    const decoded = await both('decoder', { z }, { latent_sample: { ...z, shape: [1, 3, 1, 1] } });
    const values = decoded.expected.x.data.map((value) => (value - 2) / 4);
    expect(mismatch(decoded.got.sample.data, values)).toBeLessThan(1);
  });

  it('may be rounded too', async () => {
    const { precision } = await run({ layout: 'diffusers', dtype: 'float16' });
    expect(precision?.dtype).toBe('float16');
    expect(await readFile(join(out, 'README.md'), 'utf8')).toContain('## Precision');
  });

  it.each([
    [{ format: 'tfjs' }, /^--layout diffusers is for ONNX files/],
    [{ exportVia: 'tf2onnx' }, /^--layout diffusers is of the native writer/],
  ] as const)('is refused with %j', async (options, message) => {
    await expect(run({ layout: 'diffusers', ...options })).rejects.toMatchObject({
      code: 'bad-option',
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
