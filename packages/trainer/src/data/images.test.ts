import { mkdir, mkdtemp, readFile, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { encodePng } from '@vae/sdk/media';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Dataset, Split } from './dataset.js';
import { createDecoder } from './images/create-decoder.js';
import { imageSplit } from './images/image-split.js';
import { plainDecoder } from './images/plain-decoder.js';
import { images } from './images.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vae-images-'));
});
afterEach(() => rm(folder, { recursive: true }));

type Colour = readonly [red: number, green: number, blue: number];

/** A picture whose left half has one colour and whose right half another. */
function halves(width: number, height: number, left: Colour, right: Colour) {
  const data = new Uint8Array(width * height * 3);
  for (let p = 0; p < width * height; p++) data.set(p % width < width / 2 ? left : right, 3 * p);
  return sharp(data, { raw: { width, height, channels: 3 } });
}
const red: Colour = [255, 0, 0];
const blue: Colour = [0, 0, 255];

async function put(path: string, bytes: Uint8Array | string): Promise<void> {
  const whole = join(folder, path);
  await mkdir(join(whole, '..'), { recursive: true });
  await writeFile(whole, bytes);
}

const open = (options = '', seed = 0, notes: string[] = []): Promise<Dataset> =>
  images.open(`${folder}${options}`, { seed, onNote: (note) => notes.push(note) });

async function read({ shape }: Dataset, split: Split, indices: number[], visit?: number) {
  const out = new Float32Array(indices.length * shape.reduce((a, b) => a * b));
  await split.read(indices, out, visit);
  return out;
}

/** The text of the error, without the folder. */
async function refusal(run: Promise<unknown>, code: string): Promise<string> {
  const error = await run.catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: 'TrainerError', code });
  return (error as Error).message.replaceAll(`${folder}/`, '').replaceAll(folder, 'DIR');
}

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

  it('mirrors and moves while training only, the same for the same seed, visit and index', async () => {
    for (let i = 0; i < 20; i++)
      await put(`${100 + i}.png`, await halves(18, 18, red, blue).png().toBuffer());
    const all = Array.from({ length: 20 }, (_, i) => i);
    const flipped = await open('?size=16&flip');
    const isMirrored = (pixels: Float32Array, i: number) => pixels[i * 768] < 0.5;
    const count = (pixels: Float32Array) => all.filter((i) => isMirrored(pixels, i)).length;
    expect(count(await read(flipped, flipped.train, all))).toBe(0);
    const first = await read(flipped, flipped.train, all, 3);
    // 20 fair draws: fewer than 3 or more than 17 come once in 2500 times.
    expect(count(first)).toBeGreaterThan(2);
    expect(count(first)).toBeLessThan(18);
    expect(await read(flipped, flipped.train, [7, 4], 3)).toEqual(
      Float32Array.from([...first.slice(7 * 768, 8 * 768), ...first.slice(4 * 768, 5 * 768)]),
    );
    expect(await read(flipped, flipped.train, all, 4)).not.toEqual(first);
    const moved = await open('?size=16&crop=random&grey');
    const edges = new Set<number>();
    const pixels = await read(moved, moved.train, all, 0);
    for (const i of all)
      edges.add(Array.from(pixels.slice(i * 256, i * 256 + 16)).findIndex((value) => value < 0.2));
    // The picture is decoded 18 wide, so its edge in the middle lands on 7, 8 or 9.
    expect([...edges].sort()).toEqual([7, 8, 9]);
    const still = await read(moved, moved.train, [0]);
    expect(Array.from(still.slice(0, 16)).findIndex((value) => value < 0.2)).toBe(8);
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
    const other = await open(`/data?grey&test=${folder}/other`);
    expect([other.train.size, other.test!.size, other.test!.label!(0)]).toEqual([10, 1, 1]);
    await put('other/prime/y.png', encodePng({ width: 1, height: 1, channels: 1, data: Uint8Array.of(7) }));
    expect(await refusal(open(`/data?test=${folder}/other`), 'bad-data')).toBe(
      'images: other has a class "prime" that the training folder lacks; it has even, odd.',
    );
    expect(await refusal(open('/data?test=10'), 'bad-option')).toBe(
      'images: test=10 of 10 items are 10 to test on and 0 to train on. Give a share below 1 or a whole number that leaves some on both sides.',
    );
  });

  it('passes over other files, hidden ones, dead links and folders seen before, and says so', async () => {
    const png = encodePng({ width: 2, height: 2, channels: 1, data: new Uint8Array(4) });
    await put('b/1.png', png);
    await put('a/2.PNG', png);
    await put('a/notes.txt', 'x');
    await put('a/.hidden.png', png);
    await symlink(join(folder, 'b/1.png'), join(folder, 'a/link.png'));
    await symlink(join(folder, 'nowhere'), join(folder, 'a/dead.png'));
    await symlink(folder, join(folder, 'a/loop'));
    const notes: string[] = [];
    const data = await open('', 0, notes);
    expect([data.train.size, data.classes]).toEqual([3, ['a', 'b']]);
    expect(notes.map((note) => note.replaceAll(folder, 'DIR'))).toEqual([
      'images: 3 images in DIR; passed over: 2 files that are no images, 1 link that leads nowhere, 1 folder seen before under another name.',
    ]);
  });

  it('has no classes where images lie beside their folders, and says so', async () => {
    const png = await halves(4, 4, red, blue).png().toBuffer();
    for (const path of ['a/1.png', 'b/2.png', 'c.png']) await put(path, png);
    const notes: string[] = [];
    expect((await open('', 0, notes)).classes).toBeUndefined();
    await put('b.png', png);
    await rm(join(folder, 'b'), { recursive: true });
    await open('', 0, notes);
    expect(notes.map((note) => note.replaceAll(folder, 'DIR'))).toEqual([
      'images: DIR: 1 image lies outside the 2 folders (c.png), so there are no classes.',
      'images: DIR: 2 images lie outside the folder (b.png, …), so there are no classes.',
    ]);
    await rm(join(folder, 'a'), { recursive: true });
    await open('', 0, notes);
    expect(notes).toHaveLength(2);
  });

  it('names pictures of kinds that are not read, by their names and by their bytes', async () => {
    await put('IMG_1.HEIC', 'x');
    await put('b.bmp', 'x');
    await put('c.heic', 'x');
    expect(await refusal(open(), 'bad-data')).toContain(
      'no image in DIR; passed over: 3 pictures of a kind that is not read here (.bmp, .heic; convert to JPEG or PNG). Expected',
    );
    await put('d.jpg', `\0\0\0\x18ftypheic${'\0'.repeat(40)}`);
    expect(await refusal(open(), 'bad-file')).toBe(
      'images: d.jpg is a HEIC picture, whatever its name says. Convert it to JPEG or PNG.',
    );
  });

  it('refuses an empty, absent or wrong folder', async () => {
    const kinds = 'Expected files ending in .png, .jpg, .jpeg, .webp, .gif, .tif, .tiff, .avif.';
    expect(await refusal(open(), 'bad-data')).toBe(`images: there is no image in DIR. ${kinds}`);
    await put('a.txt', 'x');
    expect(await refusal(open(), 'bad-data')).toBe(
      `images: there is no image in DIR; passed over: 1 file that is no image. ${kinds}`,
    );
    expect(await refusal(open('/none'), 'bad-file')).toBe(
      'images: Cannot read "none": there is no such file or folder.',
    );
    expect(await refusal(open('/a.txt'), 'bad-file')).toBe(
      'images: a.txt is not a folder; name the one that holds the images.',
    );
    expect(await refusal(images.open(undefined, { seed: 0 }), 'bad-option')).toMatch(
      /^images: name a folder\. Usage: images:DIR\[/,
    );
  });

  it('names a damaged, vanished or huge file in the middle', async () => {
    const png = await halves(32, 32, red, blue).png().toBuffer();
    for (const name of ['1', '2', '3']) await put(`${name}.png`, png);
    await put('2.png', png.subarray(0, png.length - 40));
    const data = await open('?size=8');
    await read(data, data.train, [0, 2]);
    expect(await refusal(read(data, data.train, [0, 1, 2]), 'bad-file')).toMatch(
      /^images: 2\.png cannot be decoded \(.+\)\. Repair or remove the file\.$/,
    );
    await put('2.png', '<html>');
    expect(await refusal(read(data, data.train, [1]), 'bad-file')).toMatch(
      /^images: 2\.png cannot be decoded/,
    );
    await unlink(join(folder, '2.png'));
    expect(await refusal(read(data, data.train, [1]), 'bad-file')).toBe(
      'images: Cannot read "2.png": there is no such file or folder.',
    );
    await put('2.png', pngOf(100_000, 100_000));
    expect(await refusal(read(data, data.train, [1]), 'bad-file')).toBe(
      'images: 2.png has 100000×100000 pixels, more than the 100000000 that are read here.',
    );
  });

  it('decodes once where memory or the disk has room for all images, else at each visit', async () => {
    await put('1.png', await halves(8, 8, red, blue).png().toBuffer());
    await put('2.png', await halves(8, 8, blue, red).png().toBuffer());
    const decoder = await createDecoder();
    let decoded = 0;
    const counting = {
      ...decoder,
      decode: (...args: Parameters<typeof decoder.decode>) => {
        decoded++;
        return decoder.decode(...args);
      },
    };
    const plan = { height: 8, width: 8, channels: 3, fit: 'cover' } as const;
    const format = { plan, height: 8, width: 8, flip: false };
    const files = [join(folder, '1.png'), join(folder, '2.png')];
    const [room, none] = [384, 383];
    for (const [maxKeptBytes, maxFileBytes, times] of [
      [room, none, 2],
      [none, room, 2],
      [none, none, 6],
    ] as const) {
      decoded = 0;
      const options = { name: 'x', format, decoder: counting, seed: 0, maxKeptBytes, maxFileBytes };
      const split = imageSplit({ files }, options);
      for (let i = 0; i < 3; i++) {
        const out = new Float32Array(384);
        await split.read([1, 0], out);
        // The first row of red, of the picture whose left half is blue and of the other one.
        expect([...out.slice(0, 8), ...out.slice(192, 200)]).toEqual([
          0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0,
        ]);
      }
      expect([maxKeptBytes, maxFileBytes, decoded]).toEqual([maxKeptBytes, maxFileBytes, times]);
      await split.close();
    }
  });

  it('goes on where decoded images cannot be kept', async () => {
    await put('1.png', await halves(8, 8, red, blue).png().toBuffer());
    const decoder = await createDecoder();
    const plan = { height: 8, width: 8, channels: 3, fit: 'cover' } as const;
    const format = { plan, height: 8, width: 8, flip: false };
    const old = process.env.TMPDIR;
    process.env.TMPDIR = join(folder, 'nowhere');
    try {
      const options = { name: 'x', format, decoder, seed: 0, maxKeptBytes: 0 };
      const split = imageSplit({ files: [join(folder, '1.png')] }, options);
      const out = new Float32Array(192);
      for (let i = 0; i < 2; i++) await split.read([0], out);
      expect(out[0]).toBe(1);
      await split.close();
    } finally {
      if (old === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = old;
    }
  });
});

/** A PNG that claims a size; its pixels are packed zeros, far fewer than that. */
function pngOf(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const body = Buffer.concat([Buffer.from(type), data]);
    const crc = Buffer.alloc(4);
    crc.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, crc]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(1000))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

describe('without sharp', () => {
  const plan = { height: 8, width: 8, channels: 3, fit: 'cover' } as const;

  it('reads PNG and JPEG like sharp does', async () => {
    const decoder = await createDecoder();
    expect(decoder.name).toMatch(/^sharp 0\./);
    const picture = halves(64, 40, [200, 100, 50], [20, 60, 240]);
    for (const format of ['png', 'jpeg'] as const) {
      const path = join(folder, `a.${format}`);
      await picture.clone().toFormat(format, { quality: 100, chromaSubsampling: '4:4:4' }).toFile(path);
      const bytes = await readFile(path);
      expect(await plainDecoder.size(bytes, path)).toEqual(await decoder.size(bytes, path));
      const [ours, theirs] = [
        await plainDecoder.decode(bytes, path, plan),
        await decoder.decode(bytes, path, plan),
      ];
      // Away from the edge between the halves, where the two filters differ.
      for (let p = 0; p < ours.length; p++) {
        if (p % 8 < 2 || p % 8 > 5) expect(Math.abs(ours[p] - theirs[p])).toBeLessThanOrEqual(4);
      }
    }
  });

  it('says what to install for other formats, and refuses damaged and huge files', async () => {
    const bytes = await halves(8, 8, red, blue).webp().toBuffer();
    expect(await refusal(plainDecoder.decode(bytes, 'a.webp', plan), 'bad-file')).toBe(
      'images: a.webp is neither PNG nor JPEG. For other formats install sharp: npm i sharp',
    );
    expect(await refusal(plainDecoder.decode(pngOf(12_000, 11_000), 'a.png', plan), 'bad-file')).toBe(
      'images: a.png has 11000×12000 pixels, more than the 100000000 that are read here.',
    );
    const png = await halves(8, 8, red, blue).png().toBuffer();
    expect(await refusal(plainDecoder.decode(png.subarray(0, 60), 'a.png', plan), 'bad-file')).toMatch(
      /^images: a\.png: damaged PNG file/,
    );
  });
});
