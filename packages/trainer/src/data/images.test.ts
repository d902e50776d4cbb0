import { encodePng } from '@vae/sdk/media';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Split } from './dataset.js';
import { imageFolder, read } from './testing/image-folder.js';
import { blue, halves, red } from './testing/pictures.js';

const { path, put, open, refusal } = imageFolder();

describe('images', () => {
  it('reads every format, and the folders are the classes', async () => {
    const picture = halves(16, 16, red, blue);
    for (const format of ['png', 'webp', 'gif', 'tiff'] as const) {
      await put(
        `lossless/a.${format}`,
        await picture.clone().toFormat(format, { lossless: true, compression: 'lzw' }).toBuffer(),
      );
    }
    for (const format of ['jpeg', 'avif'] as const) {
      await put(
        `Lossy/deeper/b.${format}`,
        await picture.clone().toFormat(format, { quality: 100 }).toBuffer(),
      );
    }
    const data = await open('?size=16');
    expect([data.shape, data.train.size, data.classes]).toEqual([[3, 16, 16], 6, ['Lossy', 'lossless']]);
    expect([0, 1, 2, 3, 4, 5].map((i) => data.train.label!(i))).toEqual([0, 0, 1, 1, 1, 1]);
    const pixels = await read(data, data.train, [0, 1, 2, 3, 4, 5]);
    const at = (image: number, channel: number, y: number, x: number) =>
      pixels[((image * 3 + channel) * 16 + y) * 16 + x];
    for (let i = 0; i < 6; i++) {
      // JPEG and AVIF lose a little, and so does the choice of a GIF's colours.
      const digits = i < 3 ? 1 : 6;
      expect(at(i, 0, 8, 2)).toBeCloseTo(1, digits);
      expect(at(i, 2, 8, 2)).toBeCloseTo(0, digits);
      expect(at(i, 0, 8, 13)).toBeCloseTo(0, digits);
      expect(at(i, 2, 8, 13)).toBeCloseTo(1, digits);
    }
  });

  it('has the size of the first image where none is chosen, and luma with grey', async () => {
    await put('a.png', await halves(20, 12, red, blue).png().toBuffer());
    const data = await open('?grey');
    expect(data.shape).toEqual([1, 12, 20]);
    const pixels = await read(data, data.train, [0]);
    // 299 · 255 / 1000 and 114 · 255 / 1000, rounded to bytes.
    expect([pixels[0], pixels[19]]).toEqual([Math.fround(76 / 255), Math.fround(29 / 255)]);
    expect(data.classes).toBeUndefined();
  });

  it('cuts out the middle, stretches, or takes a window of the original', async () => {
    // Three bars of 30: the middle square is white, the rest black.
    const data = new Uint8Array(90 * 30).map((_, p) => (p % 90 >= 30 && p % 90 < 60 ? 255 : 0));
    const bars = sharp(data, { raw: { width: 90, height: 30, channels: 1 } });
    await put('a.png', await bars.png().toBuffer());
    const mean = async (options: string) => {
      const dataset = await open(options);
      const pixels = await read(dataset, dataset.train, [0]);
      return pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
    };
    expect(await mean('?size=10&grey')).toBe(1);
    expect(await mean('?size=10&grey&crop=center')).toBe(1);
    expect(await mean('?size=10&grey&crop=none')).toBeCloseTo(1 / 3, 1);
    expect(await mean('?size=10x15&grey&crop=30x45')).toBeCloseTo(2 / 3, 1);
    expect((await open('?crop=20x10')).shape).toEqual([3, 20, 10]);
    expect(await refusal(mean('?size=10&crop=31'), 'bad-data')).toBe(
      'images: a.png has 30×90 pixels (height×width), fewer than crop=31x31 cuts out.',
    );
  });

  it('holds a share back, or takes another folder for the test', async () => {
    for (let i = 0; i < 10; i++) {
      await put(
        `data/${i % 2 ? 'odd' : 'even'}/${i}.png`,
        encodePng({ width: 1, height: 1, channels: 1, data: Uint8Array.of(i) }),
      );
    }
    await put('other/odd/x.png', encodePng({ width: 1, height: 1, channels: 1, data: Uint8Array.of(99) }));
    const shared = await open('/data?grey&test=0.3');
    expect([shared.train.size, shared.test!.size]).toEqual([7, 3]);
    const values = async (split: Split) => {
      const out = new Float32Array(split.size);
      await split.read(Array.from(out.keys()), out);
      return Array.from(out, (value) => Math.round(value * 255));
    };
    const [train, test] = [await values(shared.train), await values(shared.test!)];
    expect([...train, ...test].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(test.map((value) => value % 2)).toEqual([0, 1, 2].map((i) => shared.test!.label!(i)));
    const other = await open(`/data?grey&test=${path('other')}`);
    expect([other.train.size, other.test!.size, other.test!.label!(0)]).toEqual([10, 1, 1]);
    await put('other/prime/y.png', encodePng({ width: 1, height: 1, channels: 1, data: Uint8Array.of(7) }));
    expect(await refusal(open(`/data?test=${path('other')}`), 'bad-data')).toBe(
      'images: other has a class "prime" that the training folder lacks; it has even, odd.',
    );
    expect(await refusal(open('/data?test=10'), 'bad-option')).toBe(
      'images: test=10 of 10 items are 10 to test on and 0 to train on. Give a share below 1 or a whole number that leaves some on both sides.',
    );
  });
});
