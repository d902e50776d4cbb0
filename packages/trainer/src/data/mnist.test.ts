import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Dataset } from './dataset.js';
import { fashionMnist } from './fashion-mnist.js';
import { kmnist } from './kmnist.js';
import { mnist } from './mnist.js';
import { mnistFormat } from './mnist-format.js';

function idx(dims: readonly number[], data: ArrayLike<number>): Buffer {
  const header = Buffer.alloc(4 + 4 * dims.length);
  header.set([0, 0, 8, dims.length]);
  dims.forEach((dim, i) => {
    header.writeUInt32BE(dim, 4 + 4 * i);
  });
  return Buffer.concat([header, Uint8Array.from(data)]);
}
/** Byte p of image i is i + p, wrapped. */
const images = (count: number, side = 28) =>
  idx(
    [count, side, side],
    Array.from({ length: count * side * side }, (_, i) => Math.floor(i / side ** 2) + (i % side ** 2)),
  );
const labels = (...values: number[]) => idx([values.length], values);

const files = {
  'train-images-idx3': images(3),
  'train-labels-idx1': labels(7, 0, 9),
  't10k-images-idx3': images(2),
  't10k-labels-idx1': labels(1, 2),
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vae-mnist-'));
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, `${name}-ubyte`), bytes);
});
afterEach(() => rm(folder, { recursive: true }));

const open = (): Promise<Dataset> =>
  mnist.open(folder, { seed: 0, fetch: () => Promise.reject(new Error('network')) });

/** The text of the error that opening the folder gives, without the folder. */
async function refusal(): Promise<string> {
  const error = await open().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: 'TrainerError' });
  return (error as Error).message.replaceAll(`${folder}/`, '').replaceAll(folder, 'DIR');
}

function checkContent({ shape, train, test, classes }: Dataset): void {
  expect([shape, train.size, test!.size, classes!.length]).toEqual([[1, 28, 28], 3, 2, 10]);
  expect([0, 1, 2].map((i) => train.label!(i))).toEqual([7, 0, 9]);
  const out = new Float32Array(2 * 784);
  train.read([2, 0], out);
  expect(out[5]).toBe(Math.fround(7 / 255));
  expect(out[784 + 255]).toBe(1);
  expect(out[784 + 256]).toBe(0);
}

describe('mnist:DIR', () => {
  it('reads plain files without the network', async () => {
    checkContent(await open());
  });

  it('reads packed files and the dotted spelling', async () => {
    for (const [name, bytes] of Object.entries(files)) {
      await unlink(join(folder, `${name}-ubyte`));
      const dotted = name.replace('-idx', '.idx');
      if (name.startsWith('train')) await writeFile(join(folder, `${dotted}-ubyte`), bytes);
      else await writeFile(join(folder, `${dotted}-ubyte.gz`), gzipSync(bytes));
    }
    checkContent(await open());
  });

  it('names the files that are missing', async () => {
    await unlink(join(folder, 'train-labels-idx1-ubyte'));
    await unlink(join(folder, 't10k-images-idx3-ubyte'));
    expect(await refusal()).toBe(
      'mnist: the folder DIR lacks train-labels-idx1-ubyte[.gz], t10k-images-idx3-ubyte[.gz]. Put the four IDX files there, or leave the folder out to download them.',
    );
  });

  it('refuses another number of labels than images', async () => {
    await writeFile(join(folder, 't10k-labels-idx1-ubyte'), labels(1, 2, 3));
    expect(await refusal()).toBe(
      't10k-labels-idx1-ubyte: 3 labels, but t10k-images-idx3-ubyte has 2 images; the files do not belong together.',
    );
  });

  it('refuses labels out of range', async () => {
    await writeFile(join(folder, 'train-labels-idx1-ubyte'), labels(7, 10, 9));
    expect(await refusal()).toBe('train-labels-idx1-ubyte: label 1 is 10, mnist has labels 0 to 9.');
  });

  it('refuses other sizes and files that were swapped', async () => {
    await writeFile(join(folder, 'train-images-idx3-ubyte'), images(3, 20));
    expect(await refusal()).toBe(
      'train-images-idx3-ubyte: holds 3×20×20 bytes, expected images of 28×28: N×28×28.',
    );
    await writeFile(join(folder, 'train-images-idx3-ubyte'), labels(1, 2, 3));
    expect(await refusal()).toContain('train-images-idx3-ubyte: holds 3 bytes, expected images');
    await writeFile(join(folder, 'train-images-idx3-ubyte'), images(3));
    await writeFile(join(folder, 'train-labels-idx1-ubyte'), images(3));
    expect(await refusal()).toBe(
      'train-labels-idx1-ubyte: holds 3×28×28 bytes, expected one label per image: N.',
    );
  });

  it('names the file that is damaged', async () => {
    await writeFile(join(folder, 't10k-images-idx3-ubyte'), images(2).subarray(0, 1000));
    expect(await refusal()).toBe(
      't10k-images-idx3-ubyte: the header says 2×28×28 = 1568 bytes of data, the file holds 984.',
    );
  });

  it('refuses indices outside the part', async () => {
    const { train } = await open();
    expect(() => train.read([3], new Float32Array(784))).toThrow(
      'there is no item 3, items are numbered 0 to 2.',
    );
  });
});

describe.each([fashionMnist, kmnist])('the data sets in the same form', (source) => {
  it('read a folder', async () => {
    checkContent(await source.open(folder, { seed: 0 }));
  });
});

describe('mnist without a folder', () => {
  const packed = Object.fromEntries(
    Object.entries(files).map(([name, bytes]) => [`${name}-ubyte.gz`, gzipSync(bytes)]),
  );
  const source = mnistFormat({
    name: 'little',
    summary: 'five images',
    classes: [...'0123456789'],
    mirrors: ['https://first.test/', 'https://second.test/'],
    sha256: Object.fromEntries(
      Object.keys(files).map((name) => [
        name,
        createHash('sha256').update(packed[`${name}-ubyte.gz`]).digest('hex'),
      ]),
    ) as Record<keyof typeof files, string>,
  });

  it('downloads the four files into a folder of its own and uses them from there', async () => {
    const asked: string[] = [];
    const serve: typeof fetch = async (url) => {
      asked.push(String(url));
      return new Response(new Uint8Array(packed[basename(String(url))]));
    };
    const cacheDir = join(folder, 'cache');
    checkContent(await source.open(undefined, { seed: 0, cacheDir, fetch: serve }));
    expect(asked).toEqual(Object.keys(files).map((name) => `https://first.test/${name}-ubyte.gz`));
    checkContent(await source.open(undefined, { seed: 0, cacheDir, fetch: serve }));
    expect(asked).toHaveLength(4);
    const kept = await readFile(join(cacheDir, 'little', 't10k-labels-idx1-ubyte.gz'));
    expect(Buffer.compare(kept, packed['t10k-labels-idx1-ubyte.gz'])).toBe(0);
  });

  it('says what to do without a network', async () => {
    const offline: typeof fetch = () =>
      Promise.reject(new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND') }));
    await expect(source.open(undefined, { seed: 0, cacheDir: folder, fetch: offline })).rejects.toThrow(
      'train-images-idx3-ubyte.gz could not be downloaded: https://first.test/train-images-idx3-ubyte.gz (getaddrinfo ENOTFOUND), https://second.test/train-images-idx3-ubyte.gz (getaddrinfo ENOTFOUND). ' +
        'Without a network, download train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz elsewhere into one folder and pass little:DIR.',
    );
  });
});

const real = process.env.VAE_TEST_MNIST;
describe.skipIf(!real)('the real MNIST (needs VAE_TEST_MNIST, a folder with its files)', () => {
  it('has its known sizes, labels and mean grey value', async () => {
    const { train, test } = await mnist.open(real!, { seed: 0 });
    expect([train.size, test!.size]).toEqual([60_000, 10_000]);
    expect(Array.from({ length: 10 }, (_, i) => train.label!(i))).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    const batch = new Float32Array(1000 * 784);
    let sum = 0;
    for (let first = 0; first < 60_000; first += 1000) {
      train.read(
        Array.from({ length: 1000 }, (_, i) => first + i),
        batch,
      );
      for (const value of batch) sum += value;
    }
    // The mean that is commonly subtracted.
    expect(sum / (60_000 * 784)).toBeCloseTo(0.1307, 4);
  });

  it('downloads with the pinned checksums', async () => {
    const serve: typeof fetch = async (url) =>
      new Response(new Uint8Array(await readFile(join(real!, basename(String(url))))));
    const { train } = await mnist.open(undefined, { seed: 0, cacheDir: folder, fetch: serve });
    expect(train.size).toBe(60_000);
  });
});
