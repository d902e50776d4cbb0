import { describe, expect, it } from 'vitest';
import type { ImagePreparation } from '../manifest/schema.js';
import { type Picture, toPicture } from '../media/index.js';
import { imageTensor } from './to-tensor.js';

const plain: ImagePreparation = { fit: 'cover', kernel: 'area', background: 0 };

/** Six columns of four pixels: 10 x + y. */
const wide: Picture = {
  width: 6,
  height: 4,
  channels: 1,
  data: Uint8Array.from({ length: 24 }, (_, i) => 10 * (i % 6) + Math.floor(i / 6)),
};

const prepared = (changes: Partial<ImagePreparation>, shape = [1, 2, 2], picture = wide) => [
  ...toPicture(imageTensor(picture, { shape, preparation: { ...plain, ...changes } })).data,
];

describe('a picture as in training', () => {
  it('is cut in the middle and scaled', () => {
    // Columns 1 to 4, in blocks of 2 x 2: the means 15.5, 35.5, 17.5, 37.5.
    expect(prepared({})).toEqual([16, 36, 18, 38]);
  });

  it('is scaled on both sides with fill', () => {
    // Blocks of 3 x 2.
    expect(prepared({ fit: 'fill' })).toEqual([11, 41, 13, 43]);
  });

  it('is a window of the original first', () => {
    expect(prepared({ window: [2, 2] })).toEqual([21, 31, 22, 32]);
    // Of the middle 2 x 4 the middle 2 x 2.
    expect(prepared({ window: [2, 4] })).toEqual([21, 31, 22, 32]);
    expect(prepared({ window: [2, 4], fit: 'fill' })).toEqual([16, 36, 17, 37]);
  });

  it('is cut again after it was made larger than an item', () => {
    // The middle 4 x 4 as it is, then the middle 2 x 2 of it.
    expect(prepared({ resized: [4, 4] })).toEqual([21, 31, 22, 32]);
  });

  it('becomes luma in bytes for one channel', () => {
    const red: Picture = { width: 1, height: 1, channels: 3, data: Uint8Array.of(255, 0, 0) };
    // 299 * 255 / 1000 = 76.2.
    const item = imageTensor(red, { shape: [1, 1, 1], preparation: plain });
    expect(item.data[0]).toBe(Math.fround(76 / 255));
    expect(imageTensor(red, { shape: [3, 1, 1], preparation: plain }).data).toEqual(Float32Array.of(1, 0, 0));
  });

  it('gives way to a fit that is asked for', () => {
    const options = { shape: [1, 2, 2], preparation: { ...plain, window: [2, 2] as [number, number] } };
    expect([...toPicture(imageTensor(wide, { ...options, fit: 'fill' })).data]).toEqual([11, 41, 13, 43]);
    expect(() => imageTensor(wide, { ...options, fit: 'exact' })).toThrow(
      'the image has 6 x 4 pixels, the model takes 2 x 2',
    );
  });

  it('stays as it is where it was cut already, and is refused where it is too small', () => {
    const cut: Picture = { width: 2, height: 2, channels: 1, data: Uint8Array.of(1, 2, 3, 4) };
    expect(prepared({ window: [3, 3] }, [1, 2, 2], cut)).toEqual([1, 2, 3, 4]);
    expect(() => prepared({ window: [5, 3] })).toThrow(
      'imageTensor: the image has 6 x 4 pixels, the model was trained on the middle 3 x 5 of larger ones; choose fit:',
    );
  });
});
