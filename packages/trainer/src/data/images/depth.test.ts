import sharp from 'sharp';
import { expect, it } from 'vitest';
import { sharpDecoder } from './sharp-decoder.js';

/** A grey TIFF (6.0) of 2×1 pixels. */
function tiff(pixels: ArrayBufferView, sampleFormat: 1 | 2 | 3): Uint8Array {
  const [short, long] = [3, 4];
  const data = Buffer.from(pixels.buffer);
  const fields = [
    [256, short, 2],
    [257, short, 1],
    [258, short, 4 * data.length],
    [259, short, 1],
    [262, short, 1],
    [273, long, 8],
    [277, short, 1],
    [279, long, data.length],
    [339, short, sampleFormat],
  ];
  const list = Buffer.alloc(2 + 12 * fields.length + 4);
  list.writeUInt16LE(fields.length, 0);
  for (const [i, [tag, type, value]] of fields.entries()) {
    const at = 2 + 12 * i;
    list.writeUInt16LE(tag, at);
    list.writeUInt16LE(type, at + 2);
    list.writeUInt32LE(1, at + 4);
    list.writeUInt32LE(value, at + 8);
  }
  const head = Buffer.from('II*\0\0\0\0\0', 'latin1');
  head.writeUInt32LE(8 + data.length, 4);
  return Buffer.concat([head, data, list]);
}

const decoder = sharpDecoder(sharp);
const plan = { height: 1, width: 2, channels: 1, fit: 'cover' } as const;

it('reads pixels of 8 and 16 bits', async () => {
  expect([...(await decoder.decode(tiff(Uint8Array.of(0, 255), 1), 'a.tif', plan))]).toEqual([0, 255]);
  expect([...(await decoder.decode(tiff(Uint16Array.of(0, 65535), 1), 'a.tif', plan))]).toEqual([0, 255]);
});

it.each([
  ['float', tiff(Float32Array.of(0, 1), 3)],
  ['uint', tiff(Uint32Array.of(0, 1), 1)],
  ['short', tiff(Int16Array.of(0, 1), 2)],
])('refuses pixels of the type %s', async (type, bytes) => {
  for (const step of [() => decoder.decode(bytes, 'a.tif', plan), () => decoder.size(bytes, 'a.tif')]) {
    const error = await step().then(undefined, (thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'TrainerError', code: 'bad-file' });
    expect((error as Error).message).toBe(
      `images: a.tif has pixels of the type ${type}, expected 8 or 16 bits each. Save it so, or all images as one array for npy:FILE.`,
    );
  }
});
