import { describe, expect, it } from 'vitest';
import { priorSample } from '../latent/index.js';
import { type ArrayInput, toFloatTensor } from '../tensor.js';
import {
  dataShape,
  decoderModel,
  encodeByHand,
  encoderModel,
  logitsByHand,
  modelBytes,
  type Parts,
  sigmoid,
} from '../testing/models.js';
import { codeOf, expectClose, image, other, tinyLoader } from '../testing/tiny.js';
import { VAE } from './vae.js';

const load = tinyLoader();

describe.each(['cpu', 'wasm'] as const)('on %s', (device) => {
  it('encodes and decodes as computed by hand', async () => {
    const vae = await load({}, { device });
    expect(vae.device).toBe(device);
    const { mean, logvar } = await vae.encode({ data: [...image, ...other], shape: [2, ...dataShape] });
    const byHand = [encodeByHand(image), encodeByHand(other)];
    expect(mean.shape).toEqual([2, 2]);
    expectClose(
      mean,
      byHand.flatMap((row) => row.slice(0, 2)),
    );
    expectClose(
      logvar,
      byHand.flatMap((row) => row.slice(2)),
    );

    const pixels = await vae.decode([[0.5, -1.5]]);
    expect(pixels.shape).toEqual([1, ...dataShape]);
    expectClose(pixels, logitsByHand([0.5, -1.5]).map(sigmoid));
    expectClose(await vae.decode([[0.5, -1.5]], { logits: true }), logitsByHand([0.5, -1.5]));
  });

  it('runs large batches in pieces with the same result as one by one', async () => {
    const vae = await load({}, { device });
    const z = priorSample(700, 2, { seed: 3 });
    const all = await vae.decode(z);
    expect(all.shape).toEqual([700, ...dataShape]);
    for (const i of [0, 255, 256, 511, 512, 699]) {
      const row = [...all.data.subarray(i * 6, i * 6 + 6)];
      expectClose(await vae.decode(z.data.slice(2 * i, 2 * i + 2)), row, 1e-6);
    }
  });
});

describe('encode', () => {
  it('takes one item in any of its forms and gives a batch of one', async () => {
    const vae = await load();
    const forms = [
      image,
      Float64Array.from(image),
      toFloatTensor([[image.slice(0, 3), image.slice(3)]], 'x'),
    ];
    for (const form of forms) {
      const { mean } = await vae.encode(form);
      expect(mean.shape).toEqual([1, 2]);
      expectClose(mean, encodeByHand(image).slice(0, 2));
    }
  });

  it('gives empty tensors for an empty batch', async () => {
    const vae = await load();
    const { mean, logvar } = await vae.encode({ data: new Float32Array(0), shape: [0, ...dataShape] });
    expect([mean.shape, logvar.shape]).toEqual([
      [0, 2],
      [0, 2],
    ]);
    expect((await vae.decode([])).shape).toEqual([0, ...dataShape]);
    expect((await vae.sample(0)).shape).toEqual([0, ...dataShape]);
  });

  it('refuses a typed array without elements, which is a mistake', async () => {
    const vae = await load();
    const message = 'the typed array is empty; an empty batch is { data, shape: [0, ...] }.';
    await expect(vae.encode(new Uint8Array(0))).rejects.toThrow(`encode: ${message}`);
    await expect(vae.decode(new Float32Array(0))).rejects.toThrow(`decode z: ${message}`);
  });

  it('thresholds when the model was trained on thresholded data', async () => {
    const data = { kind: 'image', shape: dataShape, range: [0, 1], preprocess: { binarize: 0.5 } };
    const vae = await load({ fields: { data } });
    const { mean } = await vae.encode(image);
    expectClose(mean, encodeByHand([0, 0, 0, 1, 1, 0]).slice(0, 2));
  });

  it('feeds grey values for dynamic binarisation', async () => {
    const data = { kind: 'image', shape: dataShape, range: [0, 1], preprocess: { binarize: 'dynamic' } };
    const { mean } = await (await load({ fields: { data } })).encode(image);
    expectClose(mean, encodeByHand(image).slice(0, 2));
  });

  it('has no variance for a deterministic encoder', async () => {
    const vae = await load({ fields: { latent: { kind: 'deterministic', shape: [2] } } });
    const posterior = await vae.encode(image);
    expect([...posterior.logvar.data]).toEqual([-Infinity, -Infinity]);
    expect(vae.reparameterize(posterior, { seed: 1 }).data).toEqual(posterior.mean.data);
  });

  it.each<[ArrayInput, string]>([
    [
      { data: image.map((value) => value * 255), shape: dataShape },
      'encode: element [0, 0, 0, 1] is 63.75, outside the range 0 to 1. Divide bytes by 255.',
    ],
    [[0, 0, 0, Number.NaN, 0, 0], 'encode: element [0, 0, 1, 0] is NaN; every value has to be finite.'],
    [[1, 2], 'encode: expected shape [N, 1, 2, 3] or a single item [1, 2, 3], got [2].'],
    ['no-picture.png' as unknown as ArrayInput, 'encode: no-picture.png: no such file.'],
    [
      true as unknown as ArrayInput,
      'encode: expected { data, shape }, a typed array or nested arrays of numbers, got boolean.',
    ],
  ])('refuses %j', async (x, text) => {
    await expect((await load()).encode(x)).rejects.toThrow(text);
  });
});

describe('decode and its relatives', () => {
  it('reconstructs from the means', async () => {
    const vae = await load();
    const expected = logitsByHand(encodeByHand(image).slice(0, 2)).map(sigmoid);
    expectClose(await vae.reconstruct(image), expected);
  });

  it('samples the same for the same seed, and the first rows whatever n is', async () => {
    const vae = await load();
    const four = await vae.sample(4, { seed: 5 });
    expect(await vae.sample(4, { seed: 5 })).toEqual(four);
    expectClose(await vae.sample(2, { seed: 5 }), [...four.data.subarray(0, 12)], 1e-6);
    expect((await vae.sample(4, { seed: 6 })).data).not.toEqual(four.data);
    expect((await vae.sample(4)).data).not.toEqual((await vae.sample(4)).data);
    expectClose(await vae.sample(1, { seed: 5, temperature: 0 }), logitsByHand([0, 0]).map(sigmoid));
  });

  it('interpolates between latents and between data', async () => {
    const vae = await load();
    const frames = await vae.interpolate([1, 0], [0, 1], { steps: 3 });
    expect(frames.shape).toEqual([3, ...dataShape]);
    expectClose(
      frames,
      [
        [1, 0],
        [0.5, 0.5],
        [0, 1],
      ].flatMap((z) => logitsByHand(z).map(sigmoid)),
    );
    const ofData = await vae.interpolate(image, other, { steps: 2, from: 'data' });
    const ends = [image, other].flatMap((x) => logitsByHand(encodeByHand(x).slice(0, 2)).map(sigmoid));
    expectClose(ofData, ends);
  });

  it('traverses one dimension', async () => {
    const vae = await load();
    const frames = await vae.traverse([9, 0.5], { dimension: 0, range: [-1, 1], steps: 3 });
    expectClose(
      frames,
      [-1, 0, 1].flatMap((value) => logitsByHand([value, 0.5]).map(sigmoid)),
    );
  });

  it('says that a model has no logits', async () => {
    const vae = await load({ fields: { likelihood: { kind: 'gaussian', output: 'x' } } });
    await expect(vae.decode([0, 0], { logits: true })).rejects.toThrow(
      "a model with likelihood 'gaussian' has no logits",
    );
    expectClose(await vae.decode([0, 0]), logitsByHand([0, 0]).map(sigmoid));
  });
});

describe('a graph that disagrees with its manifest', () => {
  it.each<[string, Parts, string]>([
    [
      'output name',
      { encoder: encoderModel({ outputNames: ['mu', 'logvar'] }) },
      "tiny encoder.onnx: an output 'mean' is needed, the graph has 'mu', 'logvar'.",
    ],
    [
      'input shape',
      { encoder: encoderModel({ encoderInput: { name: 'x', shape: ['N', 1, 3, 2] } }) },
      "input 'x' is float32 [N, 1, 3, 2], needed is float32 [N, 1, 2, 3].",
    ],
    [
      'fixed batch',
      { encoder: encoderModel({ encoderInput: { name: 'x', shape: [1, ...dataShape] } }) },
      "input 'x' is float32 [1, 1, 2, 3], needed is float32 [N, 1, 2, 3]. Export it with an open first axis, or with 1 there throughout.",
    ],
    [
      'latent size',
      { fields: { latent: { kind: 'gaussian', shape: [3] } } },
      "output 'mean' is float32 [N, 2], needed is float32 [N, 3].",
    ],
    ['no ONNX', { encoder: Uint8Array.from([1, 2, 3]) }, 'tiny encoder.onnx: the model: byte 0 of 3 '],
  ])('is refused: %s', async (_, parts, text) => {
    const vae = await load(parts);
    const failure = vae.encode(image);
    await expect(failure).rejects.toThrow(text);
    expect(await codeOf(failure)).toBe('bad-model');
  });

  it('is refused when the manifest promises logits', async () => {
    const vae = await load({ decoder: decoderModel({ withoutLogits: true }) });
    await expect(vae.prepare()).rejects.toThrow("an output 'logits' is needed, the graph has 'x'");
  });
});

describe('what callers without types pass', () => {
  it('as true or false has to be that', async () => {
    const vae = await load();
    await expect(vae.decode([0, 0], { logits: 'yes' as never })).rejects.toMatchObject({
      code: 'bad-option',
      message: 'decode: logits is "yes", expected true or false.',
    });
    await expect(vae.sample(1, { stream: 'yes' as never })).rejects.toMatchObject({
      code: 'bad-option',
      message: 'sample: stream is "yes", expected true or false.',
    });
  });

  it('cannot change what the model says of itself', async () => {
    const given = modelBytes();
    await using vae = await VAE.load(given, { worker: false });
    expect(() => (vae.latentShape as number[]).push(3)).toThrow(TypeError);
    expect(() => Object.assign(vae.manifest!.data, { shape: [1] })).toThrow(TypeError);
    expect(Object.isFrozen(given.manifest.data.shape)).toBe(false);
  });

  const detached = () => {
    const array = new Uint8Array(6);
    structuredClone(array, { transfer: [array.buffer] });
    return array;
  };
  it.each<[string, (vae: VAE) => unknown, string]>([
    ['null for load', () => load({}, null as never), 'bad-option'],
    ['null for encode', (vae) => vae.encode(image, null as never), 'bad-option'],
    ['null for decode', (vae) => vae.decode([0, 0], null as never), 'bad-option'],
    ['null for reconstruct', (vae) => vae.reconstruct(image, null as never), 'bad-option'],
    ['null for sample', (vae) => vae.sample(1, null as never), 'bad-option'],
    ['null for interpolate', (vae) => vae.interpolate([0, 0], [1, 1], null as never), 'bad-option'],
    ['null for traverse', (vae) => vae.traverse([0, 0], null as never), 'bad-option'],
    ['nothing for traverse', (vae) => vae.traverse([0, 0], undefined as never), 'bad-option'],
    ['null for prepare', (vae) => vae.prepare(null as never), 'bad-option'],
    ['a number as signal', (vae) => vae.encode(image, { signal: 5 as never }), 'bad-option'],
    ['very many samples', (vae) => vae.sample(1e10), 'bad-option'],
    ['a detached array', (vae) => vae.encode(detached()), 'bad-input'],
    ['a detached tensor', (vae) => vae.encode({ data: detached(), shape: [1, ...dataShape] }), 'bad-input'],
  ])('%s is a VaeError', async (_, call, code) => {
    const vae = await load();
    expect(await codeOf(Promise.resolve(call(vae)))).toBe(code);
  });
});

describe('what no number can hold', () => {
  it('is an error naming output and index', async () => {
    const vae = await load();
    const z = new Float32Array(2 * 300).fill(0);
    z.fill(3e38, 2 * 299);
    await expect(vae.decode({ data: z, shape: [300, 2] }, { logits: true })).rejects.toThrow(
      /decoder\.onnx: output 'logits' is -?(Infinity|NaN) at \[299, 0, \d, \d\]; the input is too large/,
    );
  });
});
