import { describe, expect, it } from 'vitest';
import type { ArrayInput } from '../tensor.js';
import {
  classes,
  conditionalDecoder,
  conditionalEncoder,
  decodeByHand,
  type Taking,
} from '../testing/conditional.js';
import { decoded, meansOf, petsLoader, tensorOf, xs, zs } from '../testing/pets.js';
import { collect, joined } from '../testing/tiny.js';

const load = petsLoader();

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
