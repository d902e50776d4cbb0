import { describe, expect, it } from 'vitest';
import { buildPrograms } from '../programs.js';
import { TINY_SHAPE, tinyDataset, tinyRecipe } from '../testing/tiny-training.js';
import { type Batch, batches, holdBack, inGroups, oneAhead, stepsPerEpoch } from './batches.js';

const { train: program } = buildPrograms(tinyRecipe(), TINY_SHAPE);
const split = tinyDataset({ train: 44 }).train;

async function take(fromStep: number, toStep: number, { seed = 0, rows = 8 } = {}): Promise<Batch[]> {
  const found: Batch[] = [];
  const options = { program, split, itemSize: 64, binarize: false as const, seed };
  for await (const batch of batches(options, { rows, fromStep, toStep })) found.push(batch);
  return found;
}
const orderOf = (taken: Batch[]) => taken.flatMap(({ indices }) => indices);
const sorted = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);
const all = Array.from({ length: 44 }, (_, i) => i);

describe('the batches of an epoch', () => {
  it('hold every sample once, the last of them fewer', async () => {
    expect(stepsPerEpoch(split, 8)).toBe(6);
    const taken = await take(0, 6);
    expect(taken.map(({ samples }) => samples)).toEqual([8, 8, 8, 8, 8, 4]);
    expect(taken.map(({ lastOfEpoch }) => lastOfEpoch)).toEqual([false, false, false, false, false, true]);
    expect(sorted(orderOf(taken))).toEqual(all);
    expect(orderOf(taken)).not.toEqual(all);
  });

  it('come in an order that seed and epoch decide', async () => {
    const epochs = [await take(0, 6), await take(6, 12), await take(0, 6, { seed: 1 })].map(orderOf);
    for (const order of epochs) expect(sorted(order)).toEqual(all);
    expect(new Set(epochs.map(String)).size).toBe(3);
    expect(orderOf(await take(0, 6))).toEqual(epochs[0]);
  });

  it('are the same from wherever they are asked for', async () => {
    const whole = await take(0, 14);
    const rest = await take(4, 14);
    expect(rest.map(({ step, epoch, lastOfEpoch }) => [step, epoch, lastOfEpoch])).toEqual(
      whole.slice(4).map(({ step, epoch, lastOfEpoch }) => [step, epoch, lastOfEpoch]),
    );
    expect(rest.map(({ feeds }) => feeds)).toEqual(whole.slice(4).map(({ feeds }) => feeds));
    expect(whole.map(({ epoch }) => epoch)).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2]);
  });

  it('end where nothing more is to be read', async () => {
    const options = { program, split, itemSize: 64, binarize: false as const, seed: 0 };
    const found: number[] = [];
    for await (const { step } of batches(
      options,
      { rows: 8, fromStep: 0, toStep: 6 },
      () => found.length === 2,
    ))
      found.push(step);
    expect(found).toEqual([0, 1]);
  });

  it('are one where a batch holds all, also with room to spare', async () => {
    const [batch, next] = await take(0, 2, { rows: 50 });
    expect([batch.samples, batch.lastOfEpoch, next.epoch]).toEqual([44, true, 1]);
    expect(batch.feeds.x).toHaveLength(50 * 64);
  });

  it('hold the data of their samples and weights that add up to 1', async () => {
    for (const { feeds, indices, samples } of await take(4, 6)) {
      const picture = new Float32Array(64);
      await split.read([indices[2]], picture);
      expect(feeds.x.slice(2 * 64, 3 * 64)).toEqual(picture);
      expect([...feeds.weight]).toEqual(
        [...all.slice(0, 8)].map((row) => (row < samples ? Math.fround(1 / samples) : 0)),
      );
      expect(feeds.x.slice(samples * 64).every((value) => value === 0)).toBe(true);
    }
  });
});

describe('reading one ahead', () => {
  it('gives the same items in the same order, each asked for early', async () => {
    const log: string[] = [];
    async function* source() {
      for (let i = 0; i < 3; i++) {
        log.push(`made ${i}`);
        yield i;
      }
    }
    for await (const item of oneAhead(source())) log.push(`used ${item}`);
    expect(log).toEqual(['made 0', 'made 1', 'used 0', 'made 2', 'used 1', 'used 2']);
  });

  it('raises a failure where its item would have come', async () => {
    async function* source() {
      yield 1;
      throw new Error('unreadable');
    }
    const used: number[] = [];
    const reading = async () => {
      for await (const item of oneAhead(source())) {
        used.push(item);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    await expect(reading()).rejects.toThrow('unreadable');
    expect(used).toEqual([1]);
  });
});

describe('holding back', () => {
  const contents = async (part: { size: number; read: (typeof split)['read'] }): Promise<string[]> => {
    const out = new Float32Array(part.size * 64);
    await part.read(
      Array.from({ length: part.size }, (_, i) => i),
      out,
    );
    return Array.from({ length: part.size }, (_, i) => out.slice(i * 64, (i + 1) * 64).join());
  };

  it.each([
    [5, 5],
    [0.25, 11],
    [43, 43],
  ])('%s of 44 keeps %i, and the parts share nothing and miss nothing', async (share, count) => {
    const { train, validation } = holdBack(split, share, 0);
    expect([train.size, validation!.size]).toEqual([44 - count, count]);
    const [kept, held, whole] = await Promise.all([train, validation!, split].map(contents));
    expect([...kept, ...held].sort()).toEqual([...whole].sort());
    expect(new Set([...kept, ...held]).size).toBe(44);
  });

  it('carries the labels along', async () => {
    const { validation } = holdBack(split, 10, 0);
    const [whole, held] = await Promise.all([split, validation!].map(contents));
    held.forEach((picture, i) => {
      expect(validation!.label!(i)).toBe(split.label!(whole.indexOf(picture)));
    });
    expect(holdBack({ ...split, label: undefined }, 10, 0).validation!.label).toBeUndefined();
  });

  it('depends on the seed, and on nothing else', async () => {
    const held = (seed: number) => contents(holdBack(split, 10, seed).validation!);
    expect(await held(0)).toEqual(await held(0));
    expect(await held(1)).not.toEqual(await held(0));
  });

  it('none leaves the part as it is', () => {
    expect(holdBack(split, 0, 0)).toEqual({ train: split });
  });

  it.each([44, 100, 0.999])('%s of 44 samples, which leaves none to train on, is refused', (share) => {
    expect(() => holdBack(split, share, 0)).toThrow(
      expect.objectContaining({
        name: 'TrainerError',
        code: 'bad-option',
        message: expect.stringMatching(/validation.*44/),
      }),
    );
  });
});

describe('groups of batches', () => {
  async function* steps(count: number) {
    for (let step = 0; step < count; step++)
      yield { step, epoch: 0, lastOfEpoch: step % 5 === 4, samples: 1, indices: [], feeds: {} };
  }
  const grouped = async (count: number, size: number) => {
    const found: number[][] = [];
    for await (const group of inGroups(
      steps(count),
      () => size,
      ({ lastOfEpoch }) => lastOfEpoch,
    ))
      found.push(group.map(({ step }) => step));
    return found;
  };

  it('are full but for the last ones before what ends a group', async () => {
    expect(await grouped(12, 3)).toEqual([
      [0, 1, 2],
      [3, 4],
      [5, 6, 7],
      [8, 9],
      [10, 11],
    ]);
    expect(await grouped(2, 1)).toEqual([[0], [1]]);
    expect(await grouped(0, 4)).toEqual([]);
  });
});
