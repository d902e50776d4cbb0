import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeNpy } from '@vae/sdk/media';
import { uniform } from '@vae/sdk/random';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openDataset } from '../../data/open.js';
import { tinyDataset } from '../../testing/tiny-training.js';
import { type ItemFacts, itemFacts, otherItems } from './item-facts.js';

const decoder = vi.hoisted(() => ({ isPlain: false }));
vi.mock('../../data/images/create-decoder.js', async (original) => {
  const { createDecoder } = await original<typeof import('../../data/images/create-decoder.js')>();
  const { plainDecoder } = await import('../../data/images/plain-decoder.js');
  return { createDecoder: async () => (decoder.isPlain ? plainDecoder : createDecoder()) };
});

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'vae-items-'));
});
afterEach(() => rm(root, { recursive: true }));

const looked = async (spec: string, seed = 1): Promise<ItemFacts | undefined> => {
  const dataset = await openDataset(spec, { seed });
  try {
    return await itemFacts(dataset);
  } finally {
    await dataset.close?.();
  }
};

describe('what some items are like', () => {
  it('is the mean and the deviation of each, evenly spread', async () => {
    const data = Float32Array.from({ length: 100 * 4 }, (_, i) => (i % 4 < 2 ? 0 : Math.floor(i / 4) / 100));
    const path = join(root, 'ramp.npy');
    await writeFile(path, encodeNpy({ data, shape: [100, 2, 2] }));
    const { at, mean, std } = (await looked(`npy:${path}`))!;
    // 16 from the first to the last of 100: every 99/15th.
    expect(at).toEqual([0, 6, 13, 19, 26, 33, 39, 46, 52, 59, 66, 72, 79, 85, 92, 99]);
    // Half of an item is 0, the other half i/100: mean and deviation are half of that.
    for (const [i, index] of at.entries()) {
      expect(mean[i]).toBeCloseTo(index / 200, 6);
      expect(std[i]).toBeCloseTo(index / 200, 6);
    }
  });

  it('is of all items where there are few', async () => {
    const path = join(root, 'one.npy');
    await writeFile(path, encodeNpy({ data: Float32Array.of(0, 1), shape: [1, 1, 2] }));
    expect(await looked(`npy:${path}`)).toEqual({ at: [0], mean: [0.5], std: [0.5] });
  });

  it('is not asked where statistics tell more, nor of what may be read at random', async () => {
    const path = join(root, 'rows.csv');
    await writeFile(path, 'a,b\n1,2\n3,4\n5,6\n');
    expect(await looked(`csv:${path}`)).toBeUndefined();
    const read = () => {
      throw new Error('read');
    };
    expect(await itemFacts({ ...tinyDataset(), train: { size: 44, read } })).toBeUndefined();
  });
});

describe('items that changed', () => {
  it('are none where they are the same, and most of them in other data', async () => {
    const then = (await looked('digits'))!;
    expect(otherItems(then, (await looked('digits'))!)).toEqual([]);
    expect(otherItems(then, (await looked('digits', 2))!).length).toBeGreaterThan(8);
  });

  it('are named', () => {
    const then = { at: [0, 9], mean: [0.1, 0.2], std: [0.2, 0.4] };
    // The largest deviation is 0.4, of which a tenth is 0.04.
    expect(otherItems(then, { ...then, mean: [0.1, 0.239], std: [0.161, 0.4] })).toEqual([]);
    expect(otherItems(then, { ...then, mean: [0.1, 0.241] })).toEqual([
      { index: 9, measure: 'mean', before: 0.2, after: 0.241 },
    ]);
  });

  it('are none where another program decodes the pictures', async () => {
    const folder = join(root, 'photos');
    await mkdir(folder);
    const [side, channels] = [30, 3] as const;
    for (let i = 0; i < 16; i++) {
      // Squares in colour with hard edges, which decoders and ways of scaling differ most in.
      const noise = uniform({ seed: 1, stream: 'noise', index: i }, side * side * channels);
      const raw = Uint8Array.from(noise, (value) => 256 * value);
      const picture = sharp(raw, { raw: { width: side, height: side, channels } });
      const large = picture.resize(side * (2 + (i % 8)), undefined, { kernel: 'nearest' });
      await writeFile(join(folder, `${i}.jpg`), await large.jpeg({ quality: 80 }).toBuffer());
    }
    const then = (await looked(`images:${folder}?size=48`))!;
    decoder.isPlain = true;
    const now = (await looked(`images:${folder}?size=48`))!;
    expect(now).not.toEqual(then);
    expect(otherItems(then, now)).toEqual([]);
  });
});
