import sharp from 'sharp';
import { expect, it } from 'vitest';
import { imageFolder, read } from '../testing/image-folder.js';
import { blue, halves, red } from '../testing/pictures.js';

const { put, open } = imageFolder();

it('turns an image upright', async () => {
  for (let orientation = 1; orientation <= 8; orientation++) {
    const jpeg = await halves(32, 16, red, blue)
      .jpeg({ quality: 100 })
      .withMetadata({ orientation })
      .toBuffer();
    await put(`${orientation}.jpg`, jpeg);
  }
  const data = await open('?size=16&crop=none');
  const pixels = await read(data, data.train, [0, 1, 2, 3, 4, 5, 6, 7]);
  const isRed = (image: number, y: number, x: number) => pixels[(image * 3 * 16 + y) * 16 + x] > 0.5;
  // EXIF 2.32, tag 0x112: what was stored on the left is seen on the left, the right, the top or the bottom.
  const [left, right, top, bottom] = [
    [8, 2],
    [8, 13],
    [2, 8],
    [13, 8],
  ] as const;
  const redAt = [left, right, right, left, top, top, bottom, bottom];
  for (const [image, [y, x]] of redAt.entries()) {
    expect([image, isRed(image, y, x), isRed(image, 15 - y, 15 - x)]).toEqual([image, true, false]);
  }
});

it('shows transparent pixels on black', async () => {
  const png = await sharp({
    create: { width: 4, height: 4, channels: 4, background: { r: 255, g: 255, b: 255, alpha: 0 } },
  })
    .png()
    .toBuffer();
  await put('a.png', png);
  const data = await open();
  expect((await read(data, data.train, [0])).every((value) => value === 0)).toBe(true);
});
