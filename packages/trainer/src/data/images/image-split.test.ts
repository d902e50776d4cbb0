import { unlink } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { imageFolder, read } from '../testing/image-folder.js';
import { blue, claimingPng, halves, red } from '../testing/pictures.js';
import { createDecoder } from './create-decoder.js';
import { imageSplit } from './image-split.js';

const { path, put, open, refusal } = imageFolder();

it('mirrors and moves while training only, the same for the same seed, visit and index', async () => {
  for (let i = 0; i < 20; i++) await put(`${100 + i}.png`, await halves(18, 18, red, blue).png().toBuffer());
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
  expect(await refusal(read(data, data.train, [1]), 'bad-file')).toMatch(/^images: 2\.png cannot be decoded/);
  await unlink(path('2.png'));
  expect(await refusal(read(data, data.train, [1]), 'bad-file')).toBe(
    'images: Cannot read "2.png": there is no such file or folder.',
  );
  await put('2.png', claimingPng(100_000, 100_000));
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
  const files = [path('1.png'), path('2.png')];
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
  process.env.TMPDIR = path('nowhere');
  try {
    const options = { name: 'x', format, decoder, seed: 0, maxKeptBytes: 0 };
    const split = imageSplit({ files: [path('1.png')] }, options);
    const out = new Float32Array(192);
    for (let i = 0; i < 2; i++) await split.read([0], out);
    expect(out[0]).toBe(1);
    await split.close();
  } finally {
    if (old === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = old;
  }
});
