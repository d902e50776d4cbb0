import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TrainerError } from '../errors.js';
import { readIdx } from './idx.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vae-idx-'));
});
afterAll(() => rm(folder, { recursive: true }));

function idx(dims: readonly number[], data: Uint8Array, type = 8): Buffer {
  const header = Buffer.alloc(4 + 4 * dims.length);
  header.set([0, 0, type, dims.length]);
  dims.forEach((dim, i) => {
    header.writeUInt32BE(dim, 4 + 4 * i);
  });
  return Buffer.concat([header, data]);
}

const noise = Uint8Array.from({ length: 60_000 }, (_, i) => (i * i * 31 + (i >> 3)) % 251);

async function file(bytes: Uint8Array): Promise<string> {
  const path = join(folder, 'data-ubyte');
  await writeFile(path, bytes);
  return path;
}

/** The text of the error that reading these bytes gives, without the folder. */
async function refusal(bytes: Uint8Array): Promise<string> {
  const error = await readIdx(await file(bytes)).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(TrainerError);
  expect((error as TrainerError).code).toBe('bad-file');
  return (error as TrainerError).message.replace(`${folder}/`, '');
}

describe('readIdx', () => {
  it('reads plain and packed files alike, whatever they are called', async () => {
    const bytes = idx([3, 100, 200], noise);
    for (const content of [bytes, gzipSync(bytes)]) {
      const { dims, data } = await readIdx(await file(content));
      expect(dims).toEqual([3, 100, 200]);
      expect(Buffer.compare(data, noise)).toBe(0);
    }
  });

  it('reads one item', async () => {
    expect(await readIdx(await file(idx([1], noise.subarray(0, 1))))).toMatchObject({ dims: [1] });
  });

  it('refuses what is no IDX file', async () => {
    const html = Buffer.from('<html><body>Sign in</body></html>');
    const expected = 'expected 00 00 08 and the number of dimensions.';
    expect(await refusal(html)).toBe(`data-ubyte: not an IDX file: it starts with 3c 68 74 6d, ${expected}`);
    expect(await refusal(gzipSync(html))).toContain('it starts with 3c 68 74 6d');
    expect(await refusal(new Uint8Array(0))).toBe(
      `data-ubyte: not an IDX file: it starts with nothing, ${expected}`,
    );
    expect(await refusal(idx([], noise))).toContain('it starts with 00 00 08 00');
  });

  it('refuses other types by name', async () => {
    expect(await refusal(idx([2], noise.subarray(0, 8), 0x0d))).toBe(
      'data-ubyte: holds values of type 0x0d (float32), only 0x08 (unsigned byte) can be read.',
    );
    expect(await refusal(idx([2], noise.subarray(0, 2), 0x42))).toContain('type 0x42 (unknown)');
  });

  it('refuses a file that ends inside its header', async () => {
    const text = 'data-ubyte: the header of 3 dimensions takes 16 bytes, the file holds 10.';
    const bytes = idx([3, 100, 200], noise).subarray(0, 10);
    expect(await refusal(bytes)).toBe(text);
    expect(await refusal(gzipSync(bytes))).toBe(text);
  });

  it('refuses a header that says more or less than the file holds', async () => {
    const says = 'data-ubyte: the header says 4×100×200 = 80000 bytes of data, the file holds 60000.';
    expect(await refusal(idx([4, 100, 200], noise))).toBe(says);
    expect(await refusal(gzipSync(idx([4, 100, 200], noise)))).toBe(says);
    expect(await refusal(idx([2, 100, 200], noise))).toContain(
      '= 40000 bytes of data, the file holds 60000.',
    );
    expect(await refusal(gzipSync(idx([2, 100, 200], noise)))).toContain(
      '= 40000 bytes of data, the file holds more (unpacking was stopped there).',
    );
  });

  it('refuses dimensions whose product overflows, before any memory is taken', async () => {
    const huge = 2 ** 32 - 1;
    expect(await refusal(idx([huge, huge, huge, huge], noise))).toBe(
      `data-ubyte: the header says ${huge}×${huge}×${huge}×${huge} bytes, more than the 1073741824 that are read here.`,
    );
    expect(await refusal(gzipSync(idx([2 ** 20, 2 ** 11], noise)))).toContain(
      '1048576×2048 bytes, more than',
    );
  });

  it('refuses a file with no items', async () => {
    expect(await refusal(idx([0, 28, 28], new Uint8Array(0)))).toBe(
      'data-ubyte: the header says 0×28×28, so there is no data in it.',
    );
  });

  it('stops unpacking a bomb at what its header says', async () => {
    const bomb = gzipSync(idx([10], new Uint8Array(200_000_000)));
    expect(bomb.length).toBeLessThan(300_000);
    const before = process.memoryUsage().arrayBuffers;
    expect(await refusal(bomb)).toBe(
      'data-ubyte: the header says 10 = 10 bytes of data, the file holds more (unpacking was stopped there).',
    );
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
  });

  it('refuses gzip data that is cut off, damaged or followed by something', async () => {
    const packed = gzipSync(idx([3, 100, 200], noise));
    const early = 'data-ubyte: the gzip data ends too early; fetch or copy the file again.';
    expect(await refusal(packed.subarray(0, packed.length - 1))).toBe(early);
    expect(await refusal(packed.subarray(0, Math.floor(packed.length / 2)))).toBe(early);
    const damaged = Buffer.from(packed);
    damaged[damaged.length - 6] ^= 1; // in the checksum
    expect(await refusal(damaged)).toBe(
      'data-ubyte: damaged gzip data (incorrect data check); fetch or copy the file again.',
    );
    for (const tail of ['tail', '\0\0\0\0']) {
      expect(await refusal(Buffer.concat([packed, Buffer.from(tail)]))).toBe(
        'data-ubyte: something follows the end of the gzip data; the file is damaged or was added to.',
      );
    }
    expect(await refusal(Buffer.concat([packed, packed]))).toContain('the file holds more');
  });

  it('says why a file cannot be read, and does not wait for a pipe', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const [path, why] of [
      [join(folder, 'absent'), 'there is no such file or folder.'],
      [folder, 'it is a folder.'],
      [pipe, 'it is not a plain file.'],
    ] as const) {
      await expect(readIdx(path)).rejects.toMatchObject({
        name: 'TrainerError',
        message: `Cannot read "${path}": ${why}`,
      });
    }
  });
});
