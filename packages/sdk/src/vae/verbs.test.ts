import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  arithmetic,
  interpolate,
  interpolateGrid,
  interpolatePath,
  mixtureSample,
  priorSample,
  similar,
  traverse,
} from '../latent/index.js';
import { encodePng } from '../media/index.js';
import type { Tensor } from '../tensor.js';
import { dataShape, encodeByHand, logitsByHand, sigmoid } from '../testing/models.js';
import { image, other, third, three, tinyLoader } from '../testing/tiny.js';
import { VAE } from './vae.js';

const load = tinyLoader({ worker: false });

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

// biome-ignore lint/correctness/useYield: it is not to be asked
function* neverAsked(): Generator<number[]> {
  throw new Error('asked');
}

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
    ['sample of its own', (vae) => vae.sample(1, { samplr: 'mixture' } as never), "did you mean 'sampler'?"],
    ['interpolate', (vae) => vae.interpolate(a, a, { step: 4 } as never), "did you mean 'steps'?"],
    ['a stream of frames', (vae) => vae.interpolate(a, a, { strem: true } as never), "mean 'stream'?"],
    ['fitting of similar', (vae) => vae.similar(a, { fits: 'fill' } as never), "did you mean 'fit'?"],
    [
      'data for similar',
      (vae) => vae.similar('no-latent.png' as never, { form: 'data' } as never),
      "similar: there is no option 'form'; did you mean 'from'?",
    ],
    [
      'a stream, before it is asked',
      (vae) => vae.anomalyScore(neverAsked(), { draw: 3 } as never).next(),
      "anomalyScore: there is no option 'draw'; did you mean 'draws'?",
    ],
    ['draws', (vae) => vae.anomalyScore(image, { draws: 0 }), 'anomalyScore: draws is 0, expected'],
    [
      'too many variants, before they are drawn',
      (vae) => vae.similar(a, { n: 5e8 }),
      'similar: shape [500000000, 1, 2, 3] has more than 2^31 - 1 elements.',
    ],
    ['decode', (vae) => vae.decode(a, { logit: true } as never), "did you mean 'logits'?"],
    ['encode', (vae) => vae.encode(image, { fits: 'fill' } as never), "did you mean 'fit'?"],
    ['anomalyScore', (vae) => vae.anomalyScore(image, { draw: 3 } as never), "did you mean 'draws'?"],
    ['logLikelihood', (vae) => vae.logLikelihood(image, { draw: 3 } as never), "did you mean 'draws'?"],
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

it.each<[shown: string, never]>([
  ["'1'", '1' as never],
  ['null', null as never],
])('refuses %s for a number, and shows it as it is', async (shown, value) => {
  const vae = await load();
  const a = [0, 0];
  const calls: readonly [name: string, call: Promise<unknown>][] = [
    ['temperature', vae.sample(1, { temperature: value })],
    ['truncation', vae.sample(1, { truncation: value })],
    ['amount', vae.similar(a, { amount: value })],
    ['steps', vae.interpolate(a, a, { steps: value })],
    ['dimension', vae.traverse(a, { dimension: value })],
  ];
  for (const [name, call] of calls) await expect(call).rejects.toThrow(`: ${name} is ${shown}, `);
});

describe('anomalyScore', () => {
  it('refuses bytes where the manifest gives no range and the likelihood does, before they are encoded', async () => {
    const vae = await load({ fields: { data: { kind: 'image', shape: dataShape } } });
    await expect(vae.anomalyScore(image.map((value) => value * 255))).rejects.toThrow(
      /^anomalyScore: element \[0, 0, 0, \d\] is [\d.]+, outside the range 0 to 1\. A Bernoulli likelihood knows no/,
    );
  });

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

describe('logLikelihood', () => {
  it('is log of the mean of p(x|z) p(z) / q(z|x) over the draws, by hand', async () => {
    const vae = await load();
    const noise = [
      [0.3, -0.7],
      [-1.1, 0.4],
    ];
    const [m0, m1, l0, l1] = encodeByHand(image) as [number, number, number, number];
    const weights = noise.map(([e0, e1]) => {
      const z = [m0 + Math.exp(l0 / 2) * e0!, m1 + Math.exp(l1 / 2) * e1!] as [number, number];
      const bits = logitsByHand(z).map((logit, i) => image[i]! * logit - Math.log(1 + Math.exp(logit)));
      // The constants of both Gaussians are the same.
      const ratio = (e0! ** 2 + e1! ** 2 + l0 + l1 - z[0] ** 2 - z[1] ** 2) / 2;
      return bits.reduce((sum, value) => sum + value, 0) + ratio;
    });
    const expected = Math.log((Math.exp(weights[0]!) + Math.exp(weights[1]!)) / 2);
    const [found] = await vae.logLikelihood(image, { draws: 2, noise: noise.map((row) => [row]) });
    expect(Math.abs(found! - expected)).toBeLessThan(1e-5 * Math.abs(expected));
  });

  it('is above the bound of the same draws', async () => {
    const vae = await load();
    const options = { draws: 50, seed: 2 };
    const [found] = await vae.logLikelihood(image, options);
    const [score] = await vae.anomalyScore(image, options);
    expect(found).toBeGreaterThan(-score!);
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
