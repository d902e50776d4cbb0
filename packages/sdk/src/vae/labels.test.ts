import { describe, expect, it } from 'vitest';
import type { LoadOptions } from '../load/load-options.js';
import type { ArrayInput, Tensor } from '../tensor.js';
import {
  classes,
  conditionalDecoder,
  conditionalEncoder,
  conditionalFields,
  decodeByHand,
  encodeByHand,
  oneHot,
  plainEncoder,
  type Taking,
} from '../testing/conditional.js';
import { decoderModel } from '../testing/models.js';
import { onnxModel } from '../testing/onnx.js';
import { collect, joined, tinyLoader } from '../testing/tiny.js';
import { VAE } from './vae.js';

// All numbers of the conditional model are quarters or eighths, so that what comes out is exact.

const loader = tinyLoader({ device: 'cpu', worker: false });

interface Parts {
  readonly encoder?: Uint8Array;
  readonly decoder?: Uint8Array;
  readonly labels?: object;
}

const load = ({ labels, ...halves }: Parts = {}, options?: LoadOptions) =>
  loader(
    {
      encoder: conditionalEncoder(),
      decoder: conditionalDecoder(),
      ...halves,
      fields: { ...conditionalFields, ...(labels && { labels }) },
    },
    options,
  );

const zs = [
  [0, 0],
  [1, -0.5],
  [0.25, 2],
  [-1, 3],
  [4, 0.5],
];
const xs = [
  [0, 1, 0.5, 0.25],
  [1, 1, 0, 2],
  [0.5, 0, 0, -1],
  [2, 0.25, 1, 0],
  [0, 0, 0, 0],
];
const tensorOf = (items: readonly (readonly number[])[]): Tensor => ({
  data: Float32Array.from(items.flat()),
  shape: [items.length, items[0]!.length],
});

const decoded = (z: readonly (readonly number[])[], label: (row: number) => number): Tensor =>
  tensorOf(z.map((latent, row) => decodeByHand(latent, oneHot(label(row)))));
const meansOf = (x: readonly (readonly number[])[], label: (row: number) => number): Tensor =>
  tensorOf(x.map((item, row) => encodeByHand(item, oneHot(label(row))).slice(0, 2)));
const rowsOf = ({ data, shape }: Tensor): number[][] =>
  Array.from({ length: shape[0]! }, (_, row) => [...data.subarray(row * shape[1]!, (row + 1) * shape[1]!)]);

describe('labels', () => {
  it('are classes of the manifest, by number or name, one for all or one for each', async () => {
    const vae = await load();
    expect(vae.labels).toEqual({ count: 3, classes });
    expect(await vae.decode(zs, { label: 2 })).toEqual(decoded(zs, () => 2));
    expect(await vae.decode(zs, { label: 'dog' })).toEqual(decoded(zs, () => 1));
    const each = [0, 'owl', 1, 'cat', 2] as const;
    const numbers = [0, 2, 1, 0, 2];
    const expected = decoded(zs, (row) => numbers[row]!);
    expect(await vae.decode(zs, { label: each })).toEqual(expected);
    expect(await vae.decode(zs, { label: Uint8Array.from(numbers) })).toEqual(expected);
    expect(await vae.decode(zs, { label: BigInt64Array.from(numbers, BigInt) })).toEqual(expected);
    expect(await vae.decode([0.5, 1], { label: [1] })).toEqual(decoded([[0.5, 1]], () => 1));
    expect(await vae.decode({ data: new Float32Array(0), shape: [0, 2] }, { label: [] })).toEqual({
      data: new Float32Array(0),
      shape: [0, 4],
    });
  });

  it.each<Taking>([
    'int64 [N]',
    'int32 [N]',
    'int64 [N, 1]',
    'int64 [N, 3]',
    'float32 [N, 3]',
    'float16 [N, 3]',
  ])('are fed as %s', async (takes) => {
    const vae = await load({
      encoder: conditionalEncoder({ takes }),
      decoder: conditionalDecoder({ takes }),
    });
    const label = ['owl', 1, 'cat', 0, 2];
    const numbers = [2, 1, 0, 0, 2];
    expect(await vae.decode(zs, { label })).toEqual(decoded(zs, (row) => numbers[row]!));
    expect((await vae.encode(xs, { label })).mean).toEqual(meansOf(xs, (row) => numbers[row]!));
  });

  it('may be vectors of conditions, where the graph takes floats', async () => {
    const vae = await load({ decoder: conditionalDecoder({ takes: 'float32 [N, 3]' }) });
    const half = [0.5, 0.25, 0.25];
    const expected = tensorOf(zs.map((z) => decodeByHand(z, half)));
    expect(await vae.decode(zs, { label: { data: half, shape: [3] } })).toEqual(expected);
    expect(await vae.decode(zs, { label: [half] })).toEqual(expected);
    const each = zs.map((_, row) => [row / 4, 0.5, 0]);
    const eachDecoded = tensorOf(zs.map((z, row) => decodeByHand(z, each[row]!)));
    expect(await vae.decode(zs, { label: each })).toEqual(eachDecoded);
    expect(await vae.decode(zs, { label: tensorOf(each) })).toEqual(eachDecoded);
  });

  it('go with their items into each run, however the batch is cut', async () => {
    const many = Array.from({ length: 700 }, (_, i) => [i % 16, (i % 5) / 4]);
    const label = many.map((_, i) => (i * 7) % 3);
    const expected = decoded(many, (row) => label[row]!);
    expect(await (await load()).decode(many, { label })).toEqual(expected);
    const vae = await load({}, { device: 'cpu', worker: true, threads: 2 });
    expect(await vae.decode(many, { label })).toEqual(expected);
    const wasm = await load({}, { device: 'wasm', worker: false });
    expect(await wasm.decode(many, { label })).toEqual(expected);
  });
});

describe('each verb', () => {
  it('encodes with the label of the data', async () => {
    const vae = await load();
    const label = [0, 1, 2, 1, 0];
    const { mean, logvar } = await vae.encode(xs, { label });
    expect(mean).toEqual(meansOf(xs, (row) => label[row]!));
    const logvars = xs.map((x, row) => encodeByHand(x, oneHot(label[row]!)).slice(2));
    expect(logvar).toEqual(tensorOf(logvars));
    const stats = await vae.encodeStats(xs, { label: 'owl' });
    const means = rowsOf(meansOf(xs, () => 2));
    expect(stats.mean[0]).toBeCloseTo(means.reduce((sum, [first]) => sum + first!, 0) / 5, 6);
  });

  it('reconstructs with one label at both ends', async () => {
    const vae = await load();
    const label = [2, 2, 0, 1, 0];
    const expected = decoded(rowsOf(meansOf(xs, (row) => label[row]!)), (row) => label[row]!);
    expect(await vae.reconstruct(xs, { label })).toEqual(expected);
  });

  it('needs no label for an encoder that takes none', async () => {
    const vae = await load({ encoder: plainEncoder() });
    const { mean } = await vae.encode(xs);
    expect(await vae.encode(xs, { label: 1 })).toEqual(await vae.encode(xs));
    expect(await vae.reconstruct(xs, { label: 'dog' })).toEqual(decoded(rowsOf(mean), () => 1));
    const walk = await vae.interpolate(xs[0]!, xs[1]!, { from: 'data', steps: 2, label: [0, 2] });
    expect(walk).toEqual(decoded(rowsOf(mean).slice(0, 2), (row) => [0, 2][row]!));
    await expect(vae.encode(xs, { label: 'bird' })).rejects.toMatchObject({ code: 'bad-option' });
  });

  it('samples, walks and moves with a label for all or for each result', async () => {
    const vae = await load();
    const dogs = await vae.sample(4, { seed: 1, label: 'dog' });
    const cats = await vae.sample(4, { seed: 1, label: 0 });
    // A class moves the latents by its shift, which the decoder carries through.
    const [from, to] = [decodeByHand([0, 0], oneHot(0)), decodeByHand([0, 0], oneHot(1))];
    for (const [i, value] of dogs.data.entries()) {
      expect(value - cats.data[i]!).toBeCloseTo(to[i % 4]! - from[i % 4]!, 5);
    }
    const each = await vae.sample(4, { seed: 1, label: [1, 0, 0, 1] });
    expect(rowsOf(each)).toEqual([0, 1, 2, 3].map((row) => rowsOf([1, 2].includes(row) ? cats : dogs)[row]));
    const path = [
      [0, 0],
      [0.5, 1],
      [1, 2],
    ];
    const walk = { steps: 3, label: ['cat', 'dog', 'owl'] };
    expect(await vae.interpolate([0, 0], [1, 2], walk)).toEqual(decoded(path, (row) => row));
    const frames = await collect(vae.interpolate([0, 0], [1, 2], { ...walk, stream: true }));
    expect(joined(frames)).toEqual(decoded(path, (row) => row));
    expect(await vae.interpolatePath(path, { ...walk, steps: 2 })).toEqual(decoded(path, (row) => row));
    const corners = [...path, [4, 4]];
    expect(await vae.interpolateGrid(corners, { rows: 2, columns: 2, label: 1 })).toEqual(
      decoded(corners, () => 1),
    );
    const moved = await vae.traverse([0, 0], { dimension: 0, range: [-1, 1], steps: 3, label: 2 });
    const moves = [-1, 0, 1].map((step) => [step, 0]);
    expect(moved).toEqual(decoded(moves, () => 2));
  });

  it('streams long walks with the labels of their frames', async () => {
    const vae = await load();
    const label = Array.from({ length: 40 }, (_, i) => i % 3);
    const options = { steps: 40, label };
    const frames = await collect(vae.interpolate([0, 0], [1, 1], { ...options, stream: true }));
    expect(joined(frames)).toEqual(await vae.interpolate([0, 0], [1, 1], options));
  });

  it('gives neighbours the label of their item', async () => {
    const vae = await load();
    const same = await vae.similar(zs.slice(0, 2), { n: 2, amount: 0, seed: 1, label: [2, 0] });
    const twice = [zs[0]!, zs[0]!, zs[1]!, zs[1]!];
    expect(same).toEqual(decoded(twice, (row) => [2, 2, 0, 0][row]!));
    const kept = { from: 'data', n: 1, amount: 0, seed: 1 } as const;
    const other = await vae.similar(xs, { ...kept, label: 1, fromLabel: [0, 1, 2, 0, 1] });
    expect(other).toEqual(decoded(rowsOf(meansOf(xs, (row) => row % 3)), () => 1));
    expect(await vae.similar(xs, { ...kept, label: [0, 1, 2, 0, 1] })).toEqual(
      await vae.reconstruct(xs, { label: [0, 1, 2, 0, 1] }),
    );
  });

  it('starts from data of one class and decodes another', async () => {
    const vae = await load();
    const [a, b] = [xs[0]!, xs[3]!];
    const ends = rowsOf(meansOf([a, b], (row) => row));
    const options = { from: 'data', steps: 2, fromLabel: ['cat', 'dog'] } as const;
    expect(await vae.interpolate(a, b, { ...options, label: 2 })).toEqual(decoded(ends, () => 2));
    const same = rowsOf(meansOf([a, b], () => 2));
    expect(await vae.interpolate(a, b, { from: 'data', steps: 2, label: 2 })).toEqual(decoded(same, () => 2));
    const sum = await vae.arithmetic(a, b, xs[1]!, { from: 'data', label: 0, fromLabel: [0, 1, 2] });
    const [p, q, r] = rowsOf(meansOf([a, b, xs[1]!], (row) => row)) as [number[], number[], number[]];
    expect(sum).toEqual(decoded([p.map((value, i) => value - q[i]! + r[i]!)], () => 0));
    await expect(vae.interpolate(a, b, { from: 'data', steps: 2, label: [1, 2] })).rejects.toThrow(
      'interpolate label: a list has one for each result; pass those of the data that are encoded as fromLabel.',
    );
    await expect(vae.interpolate(a, b, { ...options, fromLabel: [0, 1, 2], label: 0 })).rejects.toThrow(
      'interpolate fromLabel: 3 labels came for 2 items',
    );
  });

  it('scores an item by its label', async () => {
    const vae = await load();
    const label = [0, 2];
    const noise = new Float32Array(4);
    const scores = await vae.anomalyScore(xs.slice(0, 2), { label, draws: 1, noise });
    // With noise of 0 the draw is the mean: squared error and KL, by the formulas.
    for (const [row, score] of scores.entries()) {
      const [m0, m1, v0, v1] = encodeByHand(xs[row]!, oneHot(label[row]!)) as [
        number,
        number,
        number,
        number,
      ];
      const x = decodeByHand([m0, m1], oneHot(label[row]!));
      const error = xs[row]!.reduce((sum, value, i) => sum + (value - x[i]!) ** 2, 0);
      const reconstruction = 0.5 * (error + 4 * Math.log(2 * Math.PI));
      const kl = 0.5 * (m0 ** 2 + m1 ** 2 + Math.exp(v0) + Math.exp(v1) - v0 - v1 - 2);
      expect(score).toBeCloseTo(reconstruction + kl, 4);
    }
  });
});

describe('streams', () => {
  async function* batches(): AsyncGenerator<ArrayInput> {
    yield xs.slice(0, 1);
    yield xs.slice(1, 3);
    yield xs.slice(3);
  }
  const label = [2, 0, 1, 'owl', 'cat'];
  const numbers = [2, 0, 1, 2, 0];

  it('take one label for all, or a list that goes on from batch to batch', async () => {
    const vae = await load();
    const means = (await collect(vae.encode(batches(), { label }))).map(({ mean }) => mean);
    expect(joined(means)).toEqual(meansOf(xs, (row) => numbers[row]!));
    const whole = await vae.reconstruct(xs, { label });
    expect(joined(await collect(vae.reconstruct(batches(), { label })))).toEqual(whole);
    const owls = await collect(vae.decode(zs.values(), { label: 'owl' }));
    expect(joined(owls)).toEqual(decoded(zs, () => 2));
    const similar = { from: 'data', n: 2, seed: 3, label } as const;
    expect(joined(await collect(vae.similar(batches(), similar)))).toEqual(await vae.similar(xs, similar));
    const scores = await collect(vae.anomalyScore(batches(), { label, draws: 2, seed: 1 }));
    expect(scores.flatMap((some) => [...some])).toEqual([
      ...(await vae.anomalyScore(xs, { label, draws: 2, seed: 1 })),
    ]);
    expect(await vae.encodeStats(batches(), { label })).toEqual(await vae.encodeStats(xs, { label }));
  });

  it('refuse a list that ends too early or too late', async () => {
    const vae = await load();
    await expect(collect(vae.encode(batches(), { label: [0, 1] }))).rejects.toThrow(
      'encode label: 2 labels came for 3 items; pass one for all, or one for each.',
    );
    await expect(collect(vae.encode(batches(), { label: new Array(6).fill(0) }))).rejects.toThrow(
      'encode label: 6 labels came for 5 items',
    );
  });
});

describe('what is refused', () => {
  it.each<[string, unknown, string]>([
    [
      'a class beyond the last',
      3,
      "3 is no class of pets, expected a whole number from 0 to 2, or a name ('cat', 'dog', 'owl').",
    ],
    ['a fraction', [0, 0, 0.5, 0, 0], '0.5 is no class of pets'],
    ['a negative number', -1, '-1 is no class of pets'],
    [
      'an unknown name',
      'catt',
      "'catt' is no class of pets, expected a whole number from 0 to 2, or a name ('cat', 'dog', 'owl'). Did you mean 'cat'?",
    ],
    ['nothing', null, 'null is no class of pets'],
    ['something else', [true, 0, 0, 0, 0], 'true is no class of pets'],
    ['too few', [0, 1], '2 labels came for 5 items; pass one for all, or one for each.'],
    ['too many', new Int32Array(6), '6 labels came for 5 items'],
    [
      'vectors of three axes',
      [[[1]]],
      'condition vectors of shape [1, 1, 1], expected [N, K], or [K] for all items.',
    ],
  ])('is %s', async (_, label, text) => {
    const vae = await load();
    await expect(vae.decode(zs, { label: label as never })).rejects.toMatchObject({
      code: 'bad-option',
      message: expect.stringContaining(`decode label: ${text}`),
    });
  });

  it('is no label where one is needed', async () => {
    const vae = await load();
    const text = (half: string) => `the ${half} is conditioned on labels and got none; pass label`;
    const code = 'bad-option';
    await expect(vae.decode(zs)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(text('decoder')),
    });
    await expect(vae.sample(2)).rejects.toThrow(
      "one for all items or one for each: a whole number from 0 to 2, or a name ('cat'",
    );
    await expect(collect(vae.sample(2, { stream: true }))).rejects.toThrow(text('decoder'));
    await expect(vae.encode(xs)).rejects.toThrow(text('encoder'));
    await expect(vae.anomalyScore(xs)).rejects.toThrow(text('encoder'));
  });

  it('is a label for a model that takes none', async () => {
    const vae = await loader();
    expect(vae.labels).toBeUndefined();
    for (const asked of [
      vae.decode([0, 0], { label: 1 }),
      vae.sample(1, { label: 1 }),
      vae.traverse([0, 0], { dimension: 0, label: 1 }),
      vae.encode(new Float32Array(6), { label: 'cat' }),
      vae.interpolate([0, 0], [1, 1], { fromLabel: 0 }),
    ]) {
      await expect(asked).rejects.toMatchObject({
        code: 'unsupported',
        message: expect.stringMatching(/^\w+ (label|fromLabel): tiny takes no labels; leave it out\.$/),
      });
    }
  });

  it('are vectors that the graph does not take', async () => {
    await expect((await load()).decode(zs, { label: [[1]] })).rejects.toThrow(
      "a label of 1 numbers per item came for input 'label', expected the number of a class.",
    );
    const vae = await load({ decoder: conditionalDecoder({ takes: 'int64 [N, 3]' }) });
    await expect(vae.decode(zs, { label: [[1, 0]] })).rejects.toThrow('expected 3 whole numbers.');
    await expect(vae.decode(zs, { label: [[0.5, 0.5, 0]] })).rejects.toThrow('expected 3 whole numbers.');
  });

  it('are tiles, which have no labels', async () => {
    const decoder = onnxModel({
      inputs: [
        { name: 'z', shape: ['N', 1, 4, 4] },
        { name: 'y', shape: ['N'], type: 7 },
      ],
      outputs: [{ name: 'x', shape: ['N', 1, 4, 4] }],
      constants: [{ name: 'pixel', shape: [4], data: BigInt64Array.of(-1n, 1n, 1n, 1n) }],
      nodes: [
        { op: 'Cast', inputs: ['y'], outputs: ['float'], integers: { to: 1 } },
        { op: 'Reshape', inputs: ['float', 'pixel'], outputs: ['grey'] },
        { op: 'Add', inputs: ['z', 'grey'], outputs: ['x'] },
      ],
    });
    const options = { labels: { classes: 3 }, layout: 'nchw', device: 'cpu', worker: false } as const;
    await using vae = await VAE.load({ decoder }, options);
    const z = { data: new Float32Array(32), shape: [2, 1, 4, 4] };
    const { data } = await vae.decode(z, { label: [1, 2] });
    expect([...data]).toEqual([...new Array(16).fill(1), ...new Array(16).fill(2)]);
    await expect(vae.decode(z, { label: 1, tile: { size: 2 } })).rejects.toMatchObject({
      code: 'unsupported',
      message: 'model: the decoder takes labels, which tiles have none of; leave tile out.',
    });
  });

  it('are classes that a manifest does not list', async () => {
    const takes = 'float32 [N, 3]' as const;
    const vae = await load({ decoder: conditionalDecoder({ takes }), labels: { conditional: true } });
    await expect(vae.decode(zs, { label: 1 })).rejects.toThrow(
      'decode label: what classes pets has is not known, so 1 is none of them; pass its condition as numbers',
    );
    expect(await vae.decode(zs, { label: [[0, 1, 0]] })).toEqual(decoded(zs, () => 1));
  });

  it('is a graph other than the manifest says', async () => {
    const wrong = { code: 'bad-model' };
    const without = await load({ decoder: decoderModel() });
    await expect(without.prepare()).rejects.toMatchObject(wrong);
    const other = await load({ decoder: conditionalDecoder({ label: 'y' }) });
    await expect(other.decode(zs, { label: 0 })).rejects.toMatchObject({
      ...wrong,
      message: expect.stringContaining("the graph also wants an input 'y'."),
    });
    const more = await load({
      decoder: conditionalDecoder({ takes: 'float32 [N, 3]' }),
      labels: { classes: ['a', 'b'], conditional: true },
    });
    await expect(more.prepare()).rejects.toMatchObject({
      ...wrong,
      message: expect.stringContaining("input 'label' takes 3 numbers per item, but there are 2 classes."),
    });
    const silent = await load({ labels: { classes, conditional: false } });
    await expect(silent.decode(zs)).rejects.toThrow("the graph also wants an input 'label'.");
  });
});
