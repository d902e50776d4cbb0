import { readFile, utimes } from 'node:fs/promises';
import { encodeNpy, encodeNpz } from '@vae/sdk/media';
import { unzipSync, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { npy } from './npy.js';
import { npz } from './npz.js';
import { npyTable } from './tables/npy-table.js';
import { dataFolder, fixture, itemsOf } from './testing/data-folder.js';

const { put, path, open, refusal } = dataFolder(npy);
const seeded = { seed: 0 };

/** An array of numbers 0, 1, 2, … times a step. */
const counting = (shape: number[], step = 1) =>
  encodeNpy({
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i * step),
    shape,
  });

/** A .npy file with a header of one's own. */
function withHeader(text: string, data: Uint8Array, version = 1): Buffer {
  const head = Buffer.alloc(version === 1 ? 10 : 12);
  head.set([0x93, ...Buffer.from('NUMPY'), version, 0]);
  if (version === 1) head.writeUInt16LE(text.length, 8);
  else head.writeUInt32LE(text.length, 8);
  return Buffer.concat([head, Buffer.from(text), data]);
}

describe('npy', () => {
  it('takes rows for vectors and more axes for images', async () => {
    const vectors = await open(await put('a.npy', counting([3, 2])));
    expect([vectors.kind, vectors.shape, vectors.range]).toEqual(['vector', [2], null]);
    expect(await itemsOf(vectors, vectors.train, [2, 0])).toEqual([
      [4, 5],
      [0, 1],
    ]);
    const shapes: [number[], string, number[]][] = [
      [[2, 4, 5], '', [1, 4, 5]],
      [[2, 3, 4, 5], '', [3, 4, 5]],
      [[2, 4, 5, 3], '', [3, 4, 5]],
      [[2, 3, 5, 3], '&layout=hwc', [3, 3, 5]],
      [[2, 4, 4, 1], '', [1, 4, 4]],
      [[2, 12], '&image=2x2x3&layout=chw', [3, 2, 2]],
      [[2, 3, 4, 5], '&flat', [60]],
    ];
    for (const [shape, options, expected] of shapes) {
      const data = await open(`${await put('a.npy', counting(shape, 0.001))}?${options}`);
      expect([shape, data.shape]).toEqual([shape, expected]);
    }
    const hwc = await open(`${await put('a.npy', counting([1, 1, 2, 3], 0.1))}?layout=hwc`);
    expect((await itemsOf(hwc, hwc.train))[0].map((x) => Math.round(x * 10))).toEqual([0, 3, 1, 4, 2, 5]);
  });

  it('takes labels from a second file', async () => {
    const labels = await put('y.npy', encodeNpy({ data: Float32Array.of(7, 3, 7), shape: [3] }));
    const data = await open(`${await put('a.npy', counting([3, 2]))}?label=${labels}&test=1`);
    expect([data.classes, data.train.size, data.test!.size]).toEqual([['3', '7'], 2, 1]);
    const [[first]] = (await itemsOf(data, data.test!)) as [[number]];
    expect(data.test!.label!(0)).toBe(first === 2 ? 0 : 1);
    const short = await put('z.npy', encodeNpy({ data: Float32Array.of(7, 3), shape: [2] }));
    expect(await refusal(`${path('a.npy')}?label=${short}`)).toBe(
      'z.npy: 2 labels, but a.npy has 3 items; the files do not belong together.',
    );
    const halves = await put('z.npy', encodeNpy({ data: Float32Array.of(1, 0.5, 1), shape: [3] }));
    expect(await refusal(`${path('a.npy')}?label=${halves}`)).toBe(
      'z.npy: label 1 is 0.5, expected a whole number.',
    );
    expect(await refusal(`${path('a.npy')}?label=${path('a.npy')}`)).toBe(
      'a.npy: holds items of 2, expected one label each.',
    );
  });

  it('tells large numbers apart as labels, up to 2^53', async () => {
    const items = await put('a.npy', counting([3, 2]));
    const header = (type: string) => `{'descr': '<${type}', 'fortran_order': False, 'shape': (3,), }`;
    const ids = BigInt64Array.of(20230001n, 20230002n, 20230001n);
    const labels = await put('y.npy', withHeader(header('i8'), new Uint8Array(ids.buffer)));
    expect((await open(`${items}?label=${labels}`)).classes).toEqual(['20230001', '20230002']);
    const huge = BigInt64Array.of(1n, 2n ** 53n + 1n, 2n);
    await put('y.npy', withHeader(header('i8'), new Uint8Array(huge.buffer)));
    expect(await refusal(`${items}?label=${labels}`)).toBe(
      'y.npy: label 1 is 9007199254740992, expected a whole number between -2^53 and 2^53.',
    );
  });

  it('reads large files row by row, with the same result', async () => {
    const file = await put('a.npy', counting([1000, 7]));
    const [kept, streamed] = [await npyTable(file), await npyTable(file, 0)];
    const indices = [999, 0, 1, 2, 3, 500, 500, 2];
    const [a, b] = [new Float32Array(56), new Float32Array(56)];
    await kept.read(indices, a);
    await streamed.read(indices, b);
    expect(b).toEqual(a);
    expect([...b.slice(0, 3)]).toEqual([6993, 6994, 6995]);
    await utimes(file, 1, 1);
    await expect(streamed.read([0], b)).rejects.toThrow(
      `${file}: the file changed while it was read. Start again when nothing writes to it.`,
    );
    await streamed.close!();
  });

  it('finds numbers that are not finite before training', async () => {
    const data = Float32Array.from({ length: 20 }, (_, i) => i);
    data[7] = Number.NaN;
    data[16] = Number.NEGATIVE_INFINITY;
    const file = await put('a.npy', encodeNpy({ data, shape: [5, 4] }));
    expect(await refusal(file)).toBe(
      'a.npy: value 3 of item 1 is NaN, expected a finite number (2 such items). Leave such items out with bad=skip.',
    );
    const notes: string[] = [];
    const skipped = await open(`${file}?bad=skip`, notes);
    expect((await itemsOf(skipped, skipped.train)).map(([first]) => first)).toEqual([0, 8, 12]);
    expect(notes[0]).toBe('a.npy: 2 of 5 items are left out; the first: value 3 of item 1 is NaN.');
    const image = await put('b.npy', counting([2, 4, 4]));
    expect(await refusal(image)).toContain(
      'b.npy: value 2 of item 0 is 2, expected a number from 0 to 1 (2 such items). Say with range=LOW,HIGH',
    );
    expect(await refusal(`${image}?bad=skip`)).toBe('b.npy: no train item is left; all have bad values.');
  });

  it('measures bytes as other numbers, but for images', async () => {
    const head = (shape: string) => `{'descr': '|u1', 'fortran_order': False, 'shape': (${shape}), }\n`;
    const bytes = Uint8Array.of(0, 7, 10, 7, 50, 7);
    const notes: string[] = [];
    const vectors = await open(await put('a.npy', withHeader(head('3, 2'), bytes)), notes);
    // Of 0, 10 and 50: 20, and sqrt((400 + 100 + 900) / 3).
    const { min, max, mean, std } = vectors.statistics!;
    expect([min, max, mean].map((list) => Array.from(list))).toEqual([
      [0, 7],
      [50, 7],
      [20, 7],
    ]);
    expect(std[0]).toBeCloseTo(Math.sqrt(1400 / 3), 12);
    expect(std[1]).toBe(0);
    expect(notes).toEqual(['a.npy: value 1 is 7 in every training item; it teaches a model nothing.']);
    const images = await open(await put('b.npy', withHeader(head('1, 2, 3'), bytes)));
    expect(images.statistics).toBeUndefined();
  });

  it.each([
    [Buffer.from('<html>'), 'not a .npy file: it does not begin with the NumPy signature.'],
    [new Uint8Array(0), 'not a .npy file'],
    [
      withHeader("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }\n", new Uint8Array(20)),
      'the header says 3×2 of f4 = 24 bytes of data, the file holds 20.',
    ],
    [
      withHeader("{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }\n", new Uint8Array(24)),
      'the header says 3×2 of f8 = 48 bytes of data, the file holds 24.',
    ],
    [
      withHeader("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), }\n", new Uint8Array(8)),
      'the header says 1×1 of f4 = 4 bytes of data, the file holds 8.',
    ],
    [
      withHeader(
        "{'descr': '|u1', 'fortran_order': False, 'shape': (9999999999, 9999999999), }\n",
        new Uint8Array(9),
      ),
      'the header says 9999999999×9999999999 of u1, more than any file holds.',
    ],
    [
      withHeader("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 2), }\n", new Uint8Array(0)),
      'there are no items in it.',
    ],
    [
      withHeader("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 0), }\n", new Uint8Array(0)),
      'its items hold no numbers.',
    ],
    [
      withHeader("{'descr': '<f4', 'fortran_order': False, 'shape': (), }\n", new Uint8Array(4)),
      'holds a single number',
    ],
    [
      withHeader("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }\n", new Uint8Array(16)),
      'the array is in Fortran order; save numpy.ascontiguousarray of it.',
    ],
    [
      withHeader("{'descr': '<U1', 'fortran_order': False, 'shape': (2,), }\n", new Uint8Array(8)),
      "type '<U1'; readable are b1, u1,",
    ],
    [
      withHeader("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }\n", new Uint8Array(8)),
      'expected descr, fortran_order and shape of plain numbers.',
    ],
    [
      withHeader("{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 2), }\n", new Uint8Array(8)),
      'expected descr, fortran_order and shape',
    ],
    [
      withHeader('x'.repeat(20_000), new Uint8Array(8), 2),
      'the header claims 20000 bytes; expected at most 10000 within the file.',
    ],
    [withHeader('', new Uint8Array(8), 9), '.npy version 9; readable are 1, 2 and 3.'],
    [
      counting([2, 4, 5, 6]),
      'items have the extents 4×5×6, expected 1 or 3 channels first or last. Add "flat"',
    ],
    [
      counting([2, 3, 4, 1]),
      'items have the extents 3×4×1; say with layout=chw or layout=hwc where the channels are.',
    ],
    [
      counting([2, 1, 1, 1, 1]),
      'items have the extents 1×1×1×1, which is no image. Add "flat" to take them as vectors.',
    ],
  ])('refuses %#', async (bytes, message) => {
    expect(await refusal(await put('a.npy', bytes))).toMatch(/^a\.npy: /);
    expect(await refusal(path('a.npy'))).toContain(message);
  });

  it('refuses to normalise images', async () => {
    expect(await refusal(`${await put('a.npy', counting([2, 4, 4]))}?normalize=standard`)).toBe(
      'a.npy: normalize=standard is for vectors; images take range=LOW,HIGH.',
    );
  });
});

describe('npz', () => {
  it('reads every type of NumPy 2.4.6 alike', async () => {
    const file = fixture('types.npz');
    for (const name of ['u1', 'i1', 'u2', 'i2', 'u4', 'i4', 'u8', 'i8', 'f2', 'f4', 'f8', '>f4', '>i4']) {
      const data = await npz.open(`${file}#${name}`, seeded);
      expect([name, ...(await itemsOf(data, data.train))]).toEqual([name, [0, 1, 2], [3, 100, 5]]);
    }
    const bool = await npz.open(`${file}#bool`, seeded);
    expect(await itemsOf(bool, bool.train)).toEqual([
      [0, 1, 1],
      [1, 1, 1],
    ]);
  });

  it('reads packed images and their labels', async () => {
    const file = fixture('images.npz');
    const data = await npz.open(`${file}#grey?label=label`, seeded);
    expect([data.kind, data.shape, data.classes]).toEqual(['image', [1, 5, 6], ['3', '7', '10']]);
    expect([0, 1, 2, 3].map((i) => data.train.label!(i))).toEqual([1, 1, 0, 2]);
    expect((await itemsOf(data, data.train, [3]))[0][29]).toBe(Math.fround(119 / 255));
    const colour = await npz.open(`${file}#colour?test=%23colour`, seeded);
    expect(colour.shape).toEqual([3, 4, 5]);
    // Channel 1 of the pixel in row 2, column 3 of image 1 is number ((1 · 4 + 2) · 5 + 3) · 3 + 1.
    expect((await itemsOf(colour, colour.test!, [1]))[0][20 + 13]).toBe(Math.fround(100 / 255));
  });

  it('takes the only array without its name, and names those there are', async () => {
    const file = await put('a.npz', encodeNpz({ x: { data: Float32Array.of(1, 2), shape: [2, 1] } }));
    const data = await npz.open(file, seeded);
    expect(await itemsOf(data, data.train)).toEqual([[1], [2]]);
    const refused = async (argument: string) => {
      const error = await npz.open(argument, seeded).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: 'TrainerError' });
      return (error as Error).message.replace(/^.*\//, '');
    };
    const images = fixture('images.npz');
    const held = 'grey, colour, label, fortran, text';
    expect(await refused(images)).toBe(`images.npz: it holds ${held}; name one of them behind a "#".`);
    expect(await refused(`${images}#gray`)).toBe(
      `images.npz: there is no array "gray". Did you mean "grey"? It holds ${held}.`,
    );
    expect(await refused(`${images}#fortran`)).toContain('images.npz#fortran: the array is in Fortran order');
    expect(await refused(`${images}#text`)).toContain("images.npz#text: type '<U1'");
    const bytes = await readFile(images);
    expect(await refused(await put('b.npz', bytes.subarray(0, 700)))).toMatch(
      /^b\.npz: not a readable \.npz file \(/,
    );
    // Within the pixels of the first array, whose bytes are still a whole array.
    const damaged = Buffer.from(zipSync(unzipSync(bytes), { level: 0 }));
    damaged[damaged.indexOf(Buffer.from(Array.from({ length: 120 }, (_, i) => i))) + 60] ^= 1;
    expect(await refused(`${await put('d.npz', damaged)}#grey`)).toBe(
      'd.npz: not a readable .npz file (the bytes of grey.npy do not have its checksum, CRC-32; the file is damaged).',
    );
    expect(await refused(await put('c.npz', 'PK'))).toMatch(/^c\.npz: not a readable \.npz file \(/);
  });

  it('stops unpacking a bomb at what it claims, and refuses claims beyond what packing can do', async () => {
    const bomb = Buffer.from(zipSync({ 'x.npy': new Uint8Array(200_000_000) }));
    expect(bomb.length).toBeLessThan(300_000);
    // The size of the array stands 24 bytes behind the signature of its entry in the archive's list.
    const size = bomb.indexOf(Buffer.from('PK\x01\x02', 'latin1')) + 24;
    expect(bomb.readUInt32LE(size)).toBe(200_000_000);
    const refused = async () => {
      const error = await npz.open(await put('a.npz', bomb), seeded).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: 'TrainerError', code: 'bad-file' });
      return (error as Error).message.replace(/^.*\//, '');
    };
    const before = process.memoryUsage().arrayBuffers;
    bomb.writeUInt32LE(1000, size);
    expect(await refused()).toMatch(/^a\.npz(#x: not a \.npy file|: not a readable \.npz file)/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
    bomb.writeUInt32LE(2_000_000_000, size);
    expect(await refused()).toMatch(
      /^a\.npz: not a readable \.npz file \(x\.npy claims to unpack from \d+ to 2000000000 bytes\)\.$/,
    );
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
  });
});
