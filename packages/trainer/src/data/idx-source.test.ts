import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { idx } from './idx-source.js';
import { dataFolder, itemsOf } from './testing/data-folder.js';

const { put, open, refusal } = dataFolder(idx);

function file(dims: readonly number[], data: readonly number[]): Buffer {
  const header = Buffer.alloc(4 + 4 * dims.length);
  header.set([0, 0, 8, dims.length]);
  for (const [i, dim] of dims.entries()) header.writeUInt32BE(dim, 4 + 4 * i);
  return Buffer.concat([header, Buffer.from(data)]);
}

describe('idx', () => {
  it('reads images and labels', async () => {
    const images = await put('x', file([3, 1, 2], [0, 51, 102, 153, 204, 255]));
    const labels = await put('y', gzipSync(file([3], [9, 2, 9])));
    const data = await open(`${images}?label=${labels}`);
    expect([data.kind, data.shape, data.classes]).toEqual(['image', [1, 1, 2], ['2', '9']]);
    expect([0, 1, 2].map((i) => data.train.label!(i))).toEqual([1, 0, 1]);
    const bytes = (await itemsOf(data, data.train)).map((item) =>
      item.map((value) => Math.round(value * 255)),
    );
    expect(bytes).toEqual([
      [0, 51],
      [102, 153],
      [204, 255],
    ]);
    const short = await put('z', file([2], [9, 2]));
    expect(await refusal(`${images}?label=${short}`)).toBe(
      'z: holds 2 labels, but x has 3 items; the files do not belong together.',
    );
  });

  it('takes a single image, and refuses one that does not have the size it is said to have', async () => {
    const one = await put('x', file([1, 1, 2], [0, 255]));
    const data = await open(one);
    expect([data.train.size, await itemsOf(data, data.train)]).toEqual([1, [[0, 1]]]);
    expect(await refusal(`${one}?image=2x2`)).toBe('x: items have 2 numbers, image=2x2x1 takes 4.');
  });
});
