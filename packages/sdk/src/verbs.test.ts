import { afterEach, describe, expect, expectTypeOf, it } from 'vitest';
import type { DataInput } from './data-batch.js';
import {
  arithmetic,
  interpolate,
  interpolateGrid,
  interpolatePath,
  mixtureSample,
  priorSample,
  similar,
  traverse,
} from './latent/index.js';
import { encodePng } from './media/index.js';
import { blank } from './media/picture.js';
import type { Stream } from './stream.js';
import { type ArrayInput, rows, type Tensor } from './tensor.js';
import { dataShape, encodeByHand, logitsByHand, modelBytes, type Parts, sigmoid } from './testing/models.js';
import { VAE } from './vae.js';
import type { LoadOptions } from './vae-options.js';

const image = [0, 0.25, 0.5, 0.75, 1, 0.1];
const other = [1, 0.9, 0.3, 0.2, 0.1, 0];
const third = [0.5, 0.5, 0, 0, 1, 1];
const three = { data: [...image, ...other, ...third], shape: [3, ...dataShape] };
const open: VAE[] = [];

async function load(parts: Parts = {}, options: LoadOptions = {}): Promise<VAE> {
  const vae = await VAE.load(modelBytes(parts), { worker: false, ...options });
  open.push(vae);
  return vae;
}

afterEach(async () => {
  for (const vae of open.splice(0)) await vae.dispose();
});

/** What the tiny decoder makes of latents, by hand. */
const decodedByHand = ({ data, shape }: Tensor) =>
  Array.from({ length: shape[0]! }, (_, i) =>
    logitsByHand(data.subarray(2 * i, 2 * i + 2)).map(sigmoid),
  ).flat();

function expectDecoded(actual: Tensor, latents: Tensor): void {
  const expected = decodedByHand(latents);
  expect(actual.shape).toEqual([latents.shape[0], ...dataShape]);
  const worst = Math.max(...expected.map((value, i) => Math.abs(value - actual.data[i]!)));
  expect(worst).toBeLessThan(1e-5);
}

const means = (...images: number[][]): Tensor => ({
  data: Float32Array.from(images.flatMap((one) => encodeByHand(one).slice(0, 2))),
  shape: [images.length, 2],
});

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The items of streamed results, one after another. */
const joined = (parts: readonly Tensor[]): Tensor => ({
  data: Float32Array.from(parts.flatMap(({ data }) => [...data])),
  shape: [parts.reduce((sum, { shape }) => sum + shape[0]!, 0), ...parts[0]!.shape.slice(1)],
});

describe('verbs over latents', () => {
  const a = [0.5, -1];
  const b = [-0.2, 0.8];

  it('decode what the tools of the latent space give', async () => {
    const vae = await load();
    expectDecoded(
      await vae.similar([a, b], { n: 3, amount: 0.4, seed: 6 }),
      similar([a, b], { n: 3, amount: 0.4, seed: 6 }),
    );
    expectDecoded(
      await vae.interpolate(a, b, { steps: 5, method: 'slerp' }),
      interpolate(a, b, { steps: 5, method: 'slerp' }),
    );
    expectDecoded(
      await vae.interpolatePath([a, b, [1, 1]], { steps: 4 }),
      interpolatePath([a, b, [1, 1]], { steps: 4 }),
    );
    const corners = [a, b, [1, 1], [0, 0]];
    expectDecoded(
      await vae.interpolateGrid(corners, { rows: 3, columns: 4 }),
      interpolateGrid(corners, { rows: 3, columns: 4 }),
    );
    expectDecoded(
      await vae.arithmetic(a, b, [
        [0, 0],
        [1, 1],
      ]),
      arithmetic(a, b, [
        [0, 0],
        [1, 1],
      ]),
    );
    expectDecoded(await vae.traverse(a, { dimension: 1, steps: 3 }), traverse(a, { dimension: 1, steps: 3 }));
    expectDecoded(
      await vae.sample(4, { seed: 2, temperature: 0.7 }),
      priorSample(4, 2, { seed: 2, temperature: 0.7 }),
    );
  });

  it('take data with from: data', async () => {
    const vae = await load();
    const [x, y] = [means(image), means(other)];
    const from = 'data';
    expectDecoded(await vae.similar(image, { from, n: 2, seed: 1 }), similar(x, { n: 2, seed: 1 }));
    expectDecoded(await vae.arithmetic(image, other, third, { from }), arithmetic(x, y, means(third)));
    expectDecoded(
      await vae.interpolatePath(three, { from, steps: 3 }),
      interpolatePath(means(image, other, third), { steps: 3 }),
    );
    expectDecoded(
      await vae.traverse(image, { from, dimension: 0, steps: 2 }),
      traverse(x.data, { dimension: 0, steps: 2 }),
    );
  });

  it('sample from the mixture that the model holds', async () => {
    const mixture = {
      weights: [0.25, 0.75],
      mean: [
        [2, 0],
        [-2, 1],
      ],
      cholesky: [
        [0.1, 0, 0.1],
        [0.2, 0.1, 0.3],
      ],
    };
    const vae = await load({ fields: { prior: { kind: 'standard-normal', mixture } } });
    expectDecoded(
      await vae.sample(6, { seed: 9, sampler: 'mixture' }),
      mixtureSample(6, mixture, { seed: 9 }),
    );
    const without = await load();
    await expect(without.sample(1, { sampler: 'mixture' })).rejects.toThrow(
      'the model holds no fitted mixture',
    );
    await expect(without.sample(1, { sampler: 'gaussian' as 'prior' })).rejects.toThrow(
      "sampler is 'gaussian'",
    );
  });

  it('take images only where the options say so, by their types', async () => {
    const vae = await load();
    const stream = Math.random() < 2;
    // Only the types are looked at.
    const calls = () => [
      // @ts-expect-error a path is no latent
      vae.interpolate('a.png', 'b.png', { steps: 3 }),
      // @ts-expect-error a path is no latent
      vae.traverse('a.png', { dimension: 0 }),
      // @ts-expect-error a path is no latent
      vae.arithmetic('a.png', a, b),
      vae.interpolate('a.png', 'b.png', { from: 'data' }),
      vae.arithmetic('a.png', a, b, { from: 'data' }),
    ];
    expect(calls).toBeTypeOf('function');
    expectTypeOf(vae.interpolate(a, b)).toEqualTypeOf<Promise<Tensor>>();
    expectTypeOf(vae.sample(1, { stream: false })).toEqualTypeOf<Promise<Tensor>>();
    expectTypeOf(vae.sample(1, { stream: true })).toEqualTypeOf<AsyncGenerator<Tensor>>();
    expectTypeOf(vae.sample(1, { stream })).toEqualTypeOf<Promise<Tensor> | AsyncGenerator<Tensor>>();
    expectTypeOf(vae.traverse(a, { dimension: 0, stream: true })).toEqualTypeOf<AsyncGenerator<Tensor>>();
  });

  it('refuse what they cannot start from', async () => {
    const vae = await load();
    await expect(vae.similar(image, { from: 'pixels' as 'data' })).rejects.toThrow(
      "similar: from is 'pixels', expected 'latent' or 'data'.",
    );
    await expect(vae.traverse([a, b], { dimension: 0 })).rejects.toThrow('traverse: 2 items, expected one.');
  });
});

describe('streams', () => {
  async function* batches(): AsyncGenerator<ArrayInput> {
    yield image;
    yield { data: [...other, ...third], shape: [2, ...dataShape] };
  }
  const streamed = async <R>(verb: (source: Stream<ArrayInput>) => AsyncIterable<R>) =>
    collect(verb(batches()));

  it('give one result for each input, in order', async () => {
    const vae = await load();
    const posteriors = await streamed((source) => vae.encode(source));
    expect(posteriors.map(({ mean }) => mean.shape)).toEqual([
      [1, 2],
      [2, 2],
    ]);
    expect(joined(posteriors.map(({ mean }) => mean))).toEqual((await vae.encode(three)).mean);
    expect(joined(await streamed((source) => vae.reconstruct(source)))).toEqual(await vae.reconstruct(three));
    const latents = (await vae.encode(three)).mean;
    const decoded = await collect(vae.decode([rows(latents, 0, 2), rows(latents, 2, 3)].values()));
    expect(joined(decoded)).toEqual(await vae.decode(latents));
  });

  it('draw the noise that one batch would have drawn', async () => {
    const vae = await load();
    const whole = await vae.encode(three);
    const drawn = await collect(vae.reparameterize(vae.encode(batches()), { seed: 3 }));
    expect(joined(drawn)).toEqual(vae.reparameterize(whole, { seed: 3 }));
    const scores = (await streamed((source) => vae.anomalyScore(source, { draws: 4, seed: 5 }))).flatMap(
      (s) => [...s],
    );
    const atOnce = await vae.anomalyScore(three, { draws: 4, seed: 5 });
    for (const [i, score] of scores.entries()) expect(score).toBeCloseTo(atOnce[i]!, 4);
    const alike = await collect(
      vae.similar(vae.encode(batches()) && batches(), { from: 'data', n: 2, seed: 8 }),
    );
    expect(joined(alike).shape).toEqual([6, ...dataShape]);
    expect(joined(alike).data).toEqual((await vae.similar(three, { from: 'data', n: 2, seed: 8 })).data);
  });

  it('hand out frames one by one', async () => {
    const vae = await load();
    const frames = await collect(vae.interpolate([0, 0], [1, 1], { steps: 40, stream: true }));
    expect(frames.map(({ shape }) => shape[0])).toEqual(new Array(40).fill(1));
    expect(joined(frames)).toEqual(await vae.interpolate([0, 0], [1, 1], { steps: 40 }));
    expect(joined(await collect(vae.sample(5, { seed: 1, stream: true })))).toEqual(
      await vae.sample(5, { seed: 1 }),
    );
    expect(await collect(vae.traverse([0, 0], { dimension: 0, steps: 3, stream: true }))).toHaveLength(3);
  });

  it('end with the failure of an input, and after dispose', async () => {
    const vae = await load();
    const seen: unknown[] = [];
    const failing = async () => {
      for await (const posterior of vae.encode([image, [1, 2]].values())) seen.push(posterior);
    };
    await expect(failing()).rejects.toThrow('encode: expected shape');
    expect(seen).toHaveLength(1);
    await vae.dispose();
    await expect(collect(vae.encode([image].values()))).rejects.toThrow('used after dispose');
    await expect(vae.encodeStats([image].values())).rejects.toThrow('used after dispose');
  });

  it('do not keep dispose waiting for a source that waits', { timeout: 5000 }, async () => {
    const vae = await load();
    const silent = async function* () {
      yield image;
      await new Promise(() => {});
    };
    const first = vae.encode(silent());
    await first.next();
    vae.encodeStats(silent()).catch(() => {});
    await vae.dispose();
  });

  it('name the verb where its options are none', async () => {
    const vae = await load();
    await expect(collect(vae.encode([image].values(), 5 as never))).rejects.toThrow(/^encode: the options/);
    await expect(vae.encodeStats([image].values(), 5 as never)).rejects.toThrow(/^encodeStats: the options/);
  });

  it('refuse a posterior that is none', async () => {
    const vae = await load();
    const nothing = collect(vae.reparameterize([null].values() as never));
    await expect(nothing).rejects.toMatchObject({ code: 'bad-input' });
  });
});

describe('memory', () => {
  it.each([
    ['an array', new Float32Array(2)],
    ['a Buffer', Buffer.alloc(2)],
    ['the data of a tensor', { data: Buffer.alloc(2), shape: [2] }],
  ])('of %s of a source may be filled again for the next input', async (_, kept) => {
    const vae = await load();
    const points = Array.from({ length: 7 }, (_, i) => [i, 7 - i]);
    const source = async function* () {
      const array = 'data' in kept ? kept.data : kept;
      for (const point of points) {
        array.set(point);
        yield kept;
        array.fill(99);
      }
    };
    const decoded = joined(await collect(vae.decode(source())));
    expect(decoded).toEqual(await vae.decode(points));
  });

  const own = Float32Array.of(0, 0.2, 0.4, 0.6, 0.8, 1);
  const levels = [0, 51, 102, 153, 204, 255];
  const rgba = () => ({ width: 3, height: 2, data: new Uint8ClampedArray(24) });
  const paintRgba = (data: Uint8ClampedArray, level: number) =>
    data.set(Array.from(data, (_, i) => (i % 4 === 3 ? 255 : level)));
  /** Images of one object that is painted anew for each, and how it is painted. */
  it.each<[string, () => [DataInput, (level: number) => void]]>([
    [
      'a picture',
      () => {
        const data = new Uint8Array(6);
        return [{ width: 3, height: 2, channels: 1, data }, (level) => data.fill(level)];
      },
    ],
    [
      'RGBA pixels',
      () => {
        const image = rgba();
        return [image, (level) => paintRgba(image.data, level)];
      },
    ],
    [
      'an ArrayBuffer that holds a file',
      () => {
        const files = levels.map((level) => encodePng(blank(3, 2, 1, level)));
        const buffer = new ArrayBuffer(Math.max(...files.map(({ length }) => length)));
        return [buffer, (level) => new Uint8Array(buffer).set(files[levels.indexOf(level)]!)];
      },
    ],
    [
      'a canvas',
      () => {
        const image = rgba();
        const getContext = () => ({ getImageData: () => structuredClone(image) });
        return [{ width: 3, height: 2, getContext }, (level) => paintRgba(image.data, level)];
      },
    ],
  ])('of %s of a source may be painted again for the next input, alone or in a list', async (_, make) => {
    const vae = await load();
    const expected = levels.map((level) => encodeByHand(own.map(() => level / 255)).slice(0, 2));
    const [image, paint] = make();
    const source = async function* (item: DataInput) {
      for (const level of levels) {
        paint(level);
        yield item;
        paint(0);
      }
    };
    const still = make();
    still[1](102);
    for (const item of [image, [image], [still[0], image]] as DataInput[]) {
      const found = await collect(vae.encode(source(item)));
      for (const [i, { mean }] of found.entries())
        for (const d of [0, 1]) expect(mean.data.at(d - 2)).toBeCloseTo(expected[i]![d]!, 4);
    }
  });

  it('of a frame is its own', async () => {
    const vae = await load();
    for await (const { data } of vae.sample(3, { seed: 1, stream: true })) {
      expect(data.byteLength).toBe(data.buffer.byteLength);
      structuredClone(data, { transfer: [data.buffer as ArrayBuffer] });
    }
  });
});

describe('options that are not there', () => {
  const a = [0, 0];
  it.each<[string, (vae: VAE) => unknown, string]>([
    [
      'load',
      () => load({}, { devise: 'cpu' } as never),
      "there is no option 'devise'; did you mean 'device'?",
    ],
    [
      'sample',
      (vae) => vae.sample(1, { sead: 1 } as never),
      "sample: there is no option 'sead'; did you mean 'seed'?",
    ],
    ['interpolate', (vae) => vae.interpolate(a, a, { step: 4 } as never), "did you mean 'steps'?"],
    ['decode', (vae) => vae.decode(a, { logit: true } as never), "did you mean 'logits'?"],
    ['encode', (vae) => vae.encode(image, { fits: 'fill' } as never), "did you mean 'fit'?"],
    ['anomalyScore', (vae) => vae.anomalyScore(image, { draw: 3 } as never), "did you mean 'draws'?"],
    [
      'prepare',
      (vae) => vae.prepare({ threads: 2 } as never),
      "there is no option 'threads'; known are: signal.",
    ],
    ['tile', (vae) => vae.decode(a, { tile: 512 as never }), 'tile: the options are a number'],
    [
      'worker',
      () => load({}, { worker: 'yes' as never }),
      'worker is yes, expected true, false or a function',
    ],
    ['wasm', () => load({}, { wasm: null as never }), 'wasm: the options are null'],
    ['ort', () => load({}, { ort: {} as never }), 'ort is no ONNX Runtime'],
    ['n', (vae) => vae.sample('3' as never), "sample: n is '3', expected a whole number >= 0."],
    ['n of 1.5', (vae) => vae.sample(1.5), 'sample: n is 1.5, expected a whole number >= 0.'],
    [
      'a seed as text',
      (vae) => vae.sample(1, { seed: '7' as never }),
      "seed is '7', expected a whole number",
    ],
    ['a null seed', (vae) => vae.sample(1, { seed: null as never }), 'seed is null, expected a whole number'],
    [
      'a null seed with a truncation',
      (vae) => vae.sample(1, { seed: null as never, truncation: 2 }),
      'seed is null',
    ],
    ['a null seed of scores', (vae) => vae.anomalyScore(image, { seed: null as never }), 'seed is null'],
    [
      'the constructor',
      async () => new (VAE as unknown as new (source: string) => VAE)('mnist-conv'),
      'VAE: a model is opened with: await VAE.load(source).',
    ],
    ['shape', (vae) => vae.sample(2, { shape: [3] }), "sample: shape is [3], the model's latents are [2]."],
  ])('are refused by %s', async (_, call, text) => {
    const vae = await load();
    const failure = Promise.resolve(call(vae));
    await expect(failure).rejects.toThrow(text);
    await expect(failure).rejects.toMatchObject({ code: 'bad-option' });
  });
});

describe('anomalyScore', () => {
  it('is the negative ELBO by hand', async () => {
    const vae = await load();
    const noise = [0.3, -0.7];
    const [m0, m1, l0, l1] = encodeByHand(image) as [number, number, number, number];
    const z = [m0 + Math.exp(l0 / 2) * noise[0]!, m1 + Math.exp(l1 / 2) * noise[1]!];
    const bits = logitsByHand(z).map((logit, i) => Math.log(1 + Math.exp(logit)) - image[i]! * logit);
    const kl = (Math.exp(l0) + m0 ** 2 - 1 - l0 + Math.exp(l1) + m1 ** 2 - 1 - l1) / 2;
    const expected = bits.reduce((sum, value) => sum + value, 0) + kl;
    const [score] = await vae.anomalyScore(image, { draws: 1, noise: [[noise]] });
    expect(Math.abs(score! - expected)).toBeLessThan(1e-5 * expected);
  });

  it('needs a likelihood with a density', async () => {
    const vae = await load({ fields: { likelihood: { kind: 'none' } } });
    await expect(vae.anomalyScore(image)).rejects.toMatchObject({ code: 'unsupported' });
  });
});

describe('encodeStats', () => {
  it('is the same for a batch and a stream', async () => {
    const vae = await load();
    const stats = await vae.encodeStats(three);
    const latents = means(image, other, third).data;
    const mean = (latents[0]! + latents[2]! + latents[4]!) / 3;
    expect(stats.count).toBe(3);
    expect(stats.mean[0]).toBeCloseTo(mean, 5);
    expect(await vae.encodeStats([image, other, third].values())).toEqual(stats);
  });
});

describe('images', () => {
  // 3 x 2 grey pixels; every byte is a fraction of 255 exactly.
  const bytes = Uint8Array.of(0, 64, 128, 191, 255, 26);
  const png = encodePng({ width: 3, height: 2, channels: 1, data: bytes });
  const values = Array.from(bytes, (byte) => Math.fround(byte / 255));

  it('are taken as bytes, pictures, ImageData and lists of them', async () => {
    const vae = await load();
    const expected = (await vae.encode(values)).mean;
    const rgba = Uint8ClampedArray.from([...bytes].flatMap((byte) => [byte, byte, byte, 255]));
    for (const form of [
      png,
      new Blob([png as Uint8Array<ArrayBuffer>]),
      { width: 3, height: 2, channels: 1, data: bytes } as const,
    ]) {
      expect((await vae.encode(form)).mean).toEqual(expected);
    }
    const grey = (await vae.encode({ width: 3, height: 2, data: rgba })).mean;
    for (const [i, value] of grey.data.entries()) expect(value).toBeCloseTo(expected.data[i]!, 5);
    expect((await vae.encode([png, png])).mean.shape).toEqual([2, 2]);
  });

  it('of another size are refused, or fitted on request', async () => {
    const vae = await load();
    const large = encodePng({ width: 6, height: 4, channels: 1, data: new Uint8Array(24).fill(51) });
    await expect(vae.encode(large)).rejects.toThrow(/6 x 4.*fit/s);
    const { mean } = await vae.encode(large, { fit: 'fill' });
    expect(mean).toEqual((await vae.encode(new Float32Array(6).fill(0.2))).mean);
  });
});
