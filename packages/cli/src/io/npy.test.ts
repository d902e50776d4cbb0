import { encodeNpy } from '@vae/sdk/media';
import { describe, expect, it } from 'vitest';
import { readNpyItems } from './npy.js';

const npy = (shape: number[], values: number[]) => encodeNpy({ data: Float32Array.from(values), shape });

/** The bytes of a NumPy file of uint8, version 1.0. */
function byteNpy(shape: string, values: number[]): Uint8Array {
  const header = `{'descr': '|u1', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117);
  return Uint8Array.from([
    0x93,
    ...Buffer.from('NUMPY'),
    1,
    0,
    118,
    0,
    ...Buffer.from(`${header}\n`),
    ...values,
  ]);
}

describe('readNpyItems', () => {
  const image = { shape: [1, 1, 2], kind: 'image' } as const;

  it.each([
    [[1, 1, 2], 1],
    [[1, 2], 1],
    [[2, 1, 1, 2], 2],
    [[2, 1, 2], 2],
  ])('takes an array of shape %j as %i images', (shape, count) => {
    const items = readNpyItems(npy(shape, [0, 0.25, 0.5, 1].slice(0, 2 * count)), 'x.npy', image);
    expect(items.map((item) => item.name)).toEqual(['x.npy#0', 'x.npy#1'].slice(0, count));
    expect(items.at(-1)!.data).toEqual(Float32Array.from(count === 1 ? [0, 0.25] : [0.5, 1]));
  });

  it('takes one item when asked', () => {
    const [item, ...rest] = readNpyItems(npy([2, 1, 2], [0, 0, 1, 1]), 'x.npy', { ...image, item: '1' });
    expect([item!.name, [...item!.data], rest]).toEqual(['x.npy#1', [1, 1], []]);
  });

  it('divides bytes by 255, of images only', () => {
    const bytes = byteNpy('(1, 2)', [51, 255]);
    expect(readNpyItems(bytes, 'x.npy', image)[0].data).toEqual(Float32Array.of(51 / 255, 1));
    expect(readNpyItems(bytes, 'z.npy', { shape: [2], kind: 'latent' })[0].data).toEqual(
      Float32Array.of(51, 255),
    );
  });

  it.each([
    [
      npy([3, 2], [0, 0, 0, 0, 0, 0]),
      'has the shape [3,2], the model takes images of shape [1,1,2] or [N,1,1,2].',
    ],
    [npy([0, 1, 1, 2], []), 'holds no image; its shape is [0,1,1,2].'],
    [
      npy([1, 2], [0, 1.5]),
      'x.npy#0" holds the value 1.5; expected numbers from 0 to 1 or bytes from 0 to 255.',
    ],
    [npy([1, 2], [0, Number.NaN]), 'holds the value NaN'],
    [npy([1, 2], [0, 1]).subarray(0, 130), '"x.npy": shape [1, 2]'],
  ])('refuses what does not fit: %#', (bytes, message) => {
    expect(() => readNpyItems(bytes, 'x.npy', image)).toThrow(message);
  });

  it('names the items there are', () => {
    expect(() => readNpyItems(npy([1, 2], [0, 0]), 'x.npy', { ...image, item: '7' })).toThrow(
      '"x.npy" has no item 7; its items are numbered 0 to 0.',
    );
  });
});
