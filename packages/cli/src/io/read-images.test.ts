import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeNpy, encodePng, type Picture } from '@vae/sdk/media';
import { afterAll, describe, expect, it } from 'vitest';
import { readImages } from './read-images.js';
import { readInput } from './read-inputs.js';

const readImage = (path: string, { shape }: { shape: number[] }) =>
  readInput(path, { manifest: undefined, dataShape: shape, data: { shape } }, { onNote: () => {} });

const folder = mkdtempSync(join(tmpdir(), 'vae-images-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, bytes: Uint8Array | string): string {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
}

const grey: Picture = { width: 2, height: 1, channels: 1, data: Uint8Array.of(0, 255) };
const colour: Picture = { width: 2, height: 1, channels: 3, data: Uint8Array.of(255, 0, 0, 10, 20, 30) };
const npy = (shape: number[], values: number[]) => encodeNpy({ data: Float32Array.from(values), shape });

async function readAll(paths: string[], options: Parameters<typeof readImages>[1]) {
  const batches = [];
  for await (const batch of readImages(paths, options)) batches.push(batch);
  return batches;
}

describe('readImages', () => {
  it('keeps grey, repeats it for colour, and makes colour grey by Rec. 601 luma', async () => {
    const [greyFile, colourFile] = [file('grey.png', encodePng(grey)), file('colour.png', encodePng(colour))];
    const read = async (path: string, channels: number) => [
      ...(await readImage(path, { shape: [channels, 1, 2] })).data.map((value) => Math.round(value * 255)),
    ];
    expect(await read(greyFile, 1)).toEqual([0, 255]);
    expect(await read(greyFile, 3)).toEqual([0, 255, 0, 255, 0, 255]);
    expect(await read(colourFile, 3)).toEqual([255, 10, 0, 20, 0, 30]);
    // 0.299 · 255 = 76.2; 0.299 · 10 + 0.587 · 20 + 0.114 · 30 = 18.15
    expect(await read(colourFile, 1)).toEqual([76, 18]);
  });

  it('reads JPEG, whatever the name says, and turns it upright', async () => {
    // 24 x 16 pixels in blocks of 8 x 8; the first is (200, 40, 30), so its luma 0.299 · 200 + 0.587 · 40 + 0.114 · 30 is 86.7
    const bytes = readFileSync(new URL('../../../sdk/src/media/testing/blocks.jpg', import.meta.url));
    const upright = await readImage(file('really-a-jpeg.png', bytes), { shape: [1, 16, 24] });
    expect(upright.shape).toEqual([1, 1, 16, 24]);
    expect(Math.abs(upright.data[0] * 255 - 86.7)).toBeLessThan(2);
    // The number of the EXIF orientation; 6 says that the first stored row is the right side.
    bytes[49] = 6;
    const turned = await readImage(file('turned.jpg', bytes), { shape: [1, 24, 16] });
    expect(turned.data[15]).toBe(upright.data[0]);
  });

  it('batches across files, in order, and stops at the count', async () => {
    const array = file('three.npy', npy([3, 1, 2], [0, 0, 0.25, 0.25, 0.5, 0.5]));
    const picture = file('one.png', encodePng(grey));
    const batches = await readAll([array, picture, array], { shape: [1, 1, 2], count: 5, batchSize: 2 });
    expect(batches.map((batch) => batch.items.shape)).toEqual([
      [2, 1, 1, 2],
      [2, 1, 1, 2],
      [1, 1, 1, 2],
    ]);
    expect(batches.flatMap((batch) => batch.names)).toEqual([
      `${array}#0`,
      `${array}#1`,
      `${array}#2`,
      picture,
      `${array}#0`,
    ]);
    expect(batches[1].items.data).toEqual(Float32Array.of(0.5, 0.5, 0, 1));
  });

  it.each([
    [
      'wide.png',
      encodePng(grey),
      'is 2 × 1 pixels, the model takes 28 × 28; add --fit cover (or contain, or fill), or scale the image first.',
    ],
    ['text.png', 'hello', 'is no PNG, JPEG or NPY file; give an image in one of these formats.'],
    ['empty.png', '', 'is empty; give an image in one of these formats.'],
    [
      'broken.png',
      encodePng({ width: 28, height: 28, channels: 1, data: new Uint8Array(784) }).subarray(0, 40),
      'damaged PNG file',
    ],
    ['large.png', encodePng(grey).fill(0x7f, 18, 20).fill(0, 20, 23), 'is 32639 × 1 pixels'],
    ['broken.jpg', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 0), 'damaged JPEG file: it has no frame.'],
    [
      'other.npy',
      npy([2], [0, 0]),
      'has the shape [2], the model takes images of shape [1,28,28] or [N,1,28,28].',
    ],
  ])('refuses %s in one line', async (name, bytes, message) => {
    const path = file(name, bytes);
    const error = await readAll([path], { shape: [1, 28, 28] }).catch((reason: Error) => reason);
    expect(error).toMatchObject({ name: expect.stringMatching(/^(Usage|Vae)Error$/) });
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).toMatch(new RegExp(`^"${path}"[^\\n]*$`));
  });

  it.skipIf(process.platform === 'win32')('does not wait for a pipe', async () => {
    const pipe = join(folder, 'pipe.png');
    execFileSync('mkfifo', [pipe]);
    await expect(readImage(pipe, { shape: [1, 1, 2] })).rejects.toThrow(
      `Cannot read "${pipe}": it is not a plain file.`,
    );
    rmSync(pipe);
  });

  it('refuses a picture for a model of other data', async () => {
    const path = file('picture.png', encodePng(grey));
    await expect(readImage(path, { shape: [7] })).rejects.toThrow(
      'is a picture, the model takes rows of 7 numbers; give a .csv, .jsonl, .parquet or .npy file.',
    );
  });

  it('wants one image where one is needed', async () => {
    const path = file('two.npy', npy([2, 1, 2], [0, 0, 1, 1]));
    await expect(readImage(path, { shape: [1, 1, 2] })).rejects.toThrow(
      `holds several images; choose one, such as "${path}#0"`,
    );
    expect([...(await readImage(`${path}#1`, { shape: [1, 1, 2] })).data]).toEqual([1, 1]);
  });
});
