import { describe, expect, it } from 'vitest';
import type { LoadOptions } from '../load/load-options.js';
import { decoderModel } from '../testing/models.js';
import { onnxModel } from '../testing/onnx.js';
import { VAE } from '../vae/vae.js';

/** Pixels into channels and back, two by two: a code of any size, exact, and each part of it from its own pixels. */
const halves = {
  encoder: onnxModel({
    inputs: [{ name: 'x', shape: ['N', 1, 'height', 'width'] }],
    outputs: [{ name: 'code', shape: ['N', 4, 'rows', 'columns'] }],
    constants: [],
    nodes: [{ op: 'SpaceToDepth', inputs: ['x'], outputs: ['code'], integers: { blocksize: 2 } }],
  }),
  decoder: onnxModel({
    inputs: [{ name: 'z', shape: ['N', 4, 'rows', 'columns'] }],
    outputs: [{ name: 'recon', shape: ['N', 1, 'height', 'width'] }],
    constants: [],
    nodes: [{ op: 'DepthToSpace', inputs: ['z'], outputs: ['recon'], integers: { blocksize: 2 } }],
  }),
};
const image = {
  data: Float32Array.from({ length: 12 * 20 }, (_, i) => ((i * 37) % 256) / 255),
  shape: [1, 1, 12, 20],
};
const tile = { size: 8 };

const load = (latent: LoadOptions['latent']) =>
  VAE.load(halves, { worker: false, latent: { kind: 'deterministic', ...latent } });

describe('tiles of a model whose sizes are open', () => {
  it('need the factor between pixels and latents, and say so', async () => {
    await using vae = await load({});
    await expect(vae.encode(image, { tile })).rejects.toMatchObject({
      code: 'bad-option',
      message:
        'model: tiles need the pixels per latent along a side, which [1, any, any] and [4, any, any] do not tell; ' +
        'pass it to VAE.load, as in { latent: { factor: 8 } }.',
    });
  });

  it('say which factor it is where another one was given', async () => {
    await using vae = await load({ factor: 4 });
    const told = /the run gave .*; for a VAE, pass latent: \{ factor: 2 \} to VAE\.load\.$/;
    await expect(vae.encode(image, { tile })).rejects.toThrow(told);
    await expect(
      vae.decode({ data: new Float32Array(4 * 60), shape: [1, 4, 6, 10] }, { tile }),
    ).rejects.toThrow(told);
  });

  it.each([
    [[], '[]'],
    [[8], '[8]'],
    [[8, 8, 8], '[8,8,8]'],
    ['8', "'8'"],
    [[8, 0], '[8,0]'],
  ])('are of one number or two: not %j', async (size, text) => {
    await using vae = await load({ factor: 2 });
    await expect(vae.encode(image, { tile: { size: size as never } })).rejects.toThrow(
      `tile.size is ${text}, expected pixels: a whole number, or [height, width].`,
    );
  });

  it('give what the whole gives once it is told', async () => {
    await using vae = await load({ factor: 2 });
    const { mean } = await vae.encode(image, { tile });
    expect(mean.shape).toEqual([1, 4, 6, 10]);
    const whole = (await vae.encode(image)).mean;
    // Where tiles overlap, weights that add up to 1 round.
    for (const [i, value] of whole.data.entries()) expect(mean.data[i]).toBeCloseTo(value, 6);
    const pixels = await vae.decode(mean, { tile });
    expect(pixels.shape).toEqual(image.shape);
    for (const [i, value] of image.data.entries()) expect(pixels.data[i]).toBeCloseTo(value, 6);
  });
});

it('says that there is no encoder before it looks at the data', async () => {
  await using vae = await VAE.load({ decoder: decoderModel() }, { output: 'mean', layout: 'nchw' });
  for (const data of [[1], 'nowhere.png']) {
    await expect(vae.encode(data)).rejects.toThrow('the model has no encoder.');
    await expect(vae.sample(2, { seed: 1 })).resolves.toMatchObject({ shape: [2, 1, 2, 3] });
    await expect(vae.similar(data, { from: 'data' })).rejects.toThrow('the model has no encoder.');
    await expect(vae.anomalyScore(data)).rejects.toThrow('the model has no encoder.');
  }
});
