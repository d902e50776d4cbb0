import { readdir, readFile } from 'node:fs/promises';
import { normal, uniform } from '@vae/sdk/random';
import { describe, expect, it } from 'vitest';
import { runOnnx } from '../testing/run-onnx.js';
import { TINY_SHAPE } from '../testing/tiny-training.js';
import { at, editManifest, model, out, runExport, useModel } from './testing/tiny-model.js';
import { mismatch } from './verify.js';

useModel();

describe('a model as diffusers lays it out', () => {
  /** Runs a half of ours and of the convention on the same numbers. */
  async function both(half: 'encoder' | 'decoder', ours: object, theirs: object) {
    const [expected] = await runOnnx(await readFile(model(`${half}.onnx`)), ours as never);
    const [got] = await runOnnx(await readFile(out(`vae_${half}/model.onnx`)), theirs as never);
    return { expected, got };
  }
  const x = uniform({ seed: 7, stream: 'x' }, 3 * 64);
  const shape = [3, ...TINY_SHAPE];

  it('takes and gives pixels in -1..1, moments side by side and latents as channels', async () => {
    const result = await runExport({ layout: 'diffusers' });
    expect(result).toMatchObject({ layout: 'diffusers', via: 'native' });
    expect((await readdir(out())).sort()).toEqual(['README.md', 'preview.png', 'vae_decoder', 'vae_encoder']);
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
    expect(JSON.parse(await readFile(out('vae_encoder/config.json'), 'utf8'))).toEqual({
      _class_name: 'AutoencoderKL',
      in_channels: 1,
      out_channels: 1,
      latent_channels: 3,
      sample_size: 8,
      scaling_factor: 1,
      latents_mean: [0, 1, 2],
      latents_std: [1, 1, 1],
    });
    await runExport({ layout: 'diffusers', overwrite: true });
  });

  it('has the threshold of binary data inside', async () => {
    await editManifest(({ data }) => ({ data: { ...data, preprocess: { binarize: 0.4 } } }));
    await runExport({ layout: 'diffusers' });
    const { got, expected } = await both(
      'encoder',
      { x: { data: x.map((value) => (value > 0.4 ? 1 : 0)), shape } },
      { sample: { data: x.map((value) => 2 * value - 1), shape } },
    );
    const means = [0, 1, 2].flatMap((row) => [...got.latent_parameters.data.slice(6 * row, 6 * row + 3)]);
    expect(mismatch(means, expected.mean.data)).toBeLessThan(1);
  });

  it('has the range of the data inside', async () => {
    await editManifest(({ data }) => ({ data: { ...data, range: [-2, 6] } }));
    await runExport({ layout: 'diffusers' });
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
    const { precision } = await runExport({ layout: 'diffusers', dtype: 'float16' });
    expect(precision?.dtype).toBe('float16');
    expect(await readFile(out('README.md'), 'utf8')).toContain('## Precision');
  });

  it.each([
    [{ format: 'tfjs' }, /^--layout diffusers is for ONNX files/],
    [{ exportVia: 'tf2onnx' }, /^--layout diffusers is of the native writer/],
  ] as const)('is refused with %j', async (options, message) => {
    await expect(runExport({ layout: 'diffusers', ...options })).rejects.toMatchObject({
      code: 'bad-option',
      message: expect.stringMatching(message),
    });
    expect(await readdir(at())).toEqual(['model']);
  });
});
