import { describe, expect, it } from 'vitest';
import type { DataInput } from '../coder/data-batch.js';
import { encodePng } from '../media/index.js';
import { blank } from '../media/picture.js';
import type { Stream } from '../stream.js';
import { type ArrayInput, rows } from '../tensor.js';
import { dataShape, encodeByHand } from '../testing/models.js';
import { collect, image, joined, other, third, three, tinyLoader } from '../testing/tiny.js';

const load = tinyLoader({ worker: false });

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
    const nats = await streamed((source) => vae.logLikelihood(source, { draws: 4, seed: 5 }));
    const natsAtOnce = await vae.logLikelihood(three, { draws: 4, seed: 5 });
    for (const [i, value] of nats.flatMap((s) => [...s]).entries())
      expect(value).toBeCloseTo(natsAtOnce[i]!, 4);
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
