import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, unlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { cifar10, cifarFormat } from './cifar10.js';
import { dataFolder, itemsOf } from './testing/data-folder.js';

const { put, path, open, refusal } = dataFolder(cifar10);
const names = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`).concat('test_batch.bin');

/** Two images: byte p of record r of file f is f + r + p, wrapped; its label is r. */
const part = (file: number) =>
  Uint8Array.from({ length: 2 * 3073 }, (_, i) => {
    const record = Math.floor(i / 3073);
    return i % 3073 === 0 ? record : file + record + (i % 3073) - 1;
  });
const putAll = async () => {
  for (const [i, name] of names.entries()) await put(`cifar/${name}`, part(i));
};

async function check(data: Awaited<ReturnType<typeof open>>): Promise<void> {
  expect([data.shape, data.train.size, data.test!.size, data.classes!.length]).toEqual([
    [3, 32, 32],
    10,
    2,
    10,
  ]);
  expect([0, 1, 8, 9].map((i) => data.train.label!(i))).toEqual([0, 1, 0, 1]);
  const [third, last] = await itemsOf(data, data.train, [3, 9]);
  expect(third!.slice(0, 2)).toEqual([Math.fround(2 / 255), Math.fround(3 / 255)]);
  expect(last![3071]).toBe(Math.fround(((4 + 1 + 3071) % 256) / 255));
  expect((await itemsOf(data, data.test!, [0]))[0][0]).toBe(Math.fround(5 / 255));
}

describe('cifar10', () => {
  it('reads a folder', async () => {
    await putAll();
    await check(await open(path('cifar')));
  });

  it('downloads, checks and unpacks the archive once', async () => {
    await putAll();
    execFileSync('tar', ['-czf', path('cifar.tar.gz'), '-C', path('.'), 'cifar']);
    const archive = await readFile(path('cifar.tar.gz'));
    let requests = 0;
    const server = createServer((_, response) => {
      requests++;
      response.end(archive);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const source = cifarFormat(
      {
        file: 'cifar.tar.gz',
        mirrors: [`http://127.0.0.1:${(server.address() as AddressInfo).port}/`],
        sha256: createHash('sha256').update(archive).digest('hex'),
        maxBytes: 2 ** 20,
      },
      2,
    );
    const options = { seed: 0, cacheDir: path('cache') };
    await check(await source.open(undefined, options));
    await check(await source.open(undefined, options));
    expect(requests).toBe(1);
    await new Promise((resolve) => server.close(resolve));
  });

  it('names what is missing or damaged', async () => {
    await putAll();
    await unlink(path('cifar/test_batch.bin'));
    expect(await refusal(path('cifar'))).toBe(
      'cifar10: the folder cifar lacks test_batch.bin. Unpack cifar-10-binary.tar.gz there, or leave the folder out to download it.',
    );
    await put('cifar/test_batch.bin', part(5).subarray(1));
    expect(await refusal(path('cifar'))).toContain(
      'test_batch.bin: holds 6145 bytes, expected a multiple of 3073',
    );
    await put('cifar/test_batch.bin', part(5).fill(10, 3073, 3074));
    expect(await refusal(path('cifar'))).toBe('test_batch.bin: label 1 is 10, cifar10 has labels 0 to 9.');
    await put('cifar/test_batch.bin', part(5));
    await put('cifar/data_batch_2.bin', part(1).subarray(0, 3073));
    expect(await refusal(path('cifar'))).toContain('cifar10/train: the files have different lengths');
    expect(await refusal(`${path('cifar')}?grey`)).toContain('cifar10 takes no options, got "grey".');
  });
});
