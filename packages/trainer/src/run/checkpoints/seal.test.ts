import { createHash } from 'node:crypto';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fromFdPromise } from 'yauzl';
import { isWhole, sealedZip } from './seal.js';

const files = { 'a.txt': strToU8('some text'), 'b.txt': strToU8('more') };
const sealed = await buffer(
  sealedZip([
    ['a.txt', [strToU8('some '), strToU8('text')]],
    ['b.txt', [strToU8('more')]],
  ]),
);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vae-seal-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function judge(bytes: Uint8Array): Promise<boolean | undefined> {
  const file = await open(join(folder, 'a.zip'), 'w+');
  await file.writeFile(bytes);
  return isWhole(file).finally(() => file.close());
}

it('a sealed file is a zip file whose last comment is the checksum of all the rest', () => {
  expect(unzipSync(sealed)).toEqual(files);
  const text = sealed.toString('latin1');
  const [, digits] = /sha256:([0-9a-f]{64})PK/.exec(text)!;
  const rest = Buffer.from(text.replace(digits!, ''), 'latin1');
  expect(createHash('sha256').update(rest).digest('hex')).toBe(digits);
});

it('takes any number of files, of any length', async () => {
  for (const lengths of [[0], [1, 2], [3 * 2 ** 20, 0, 5], Array(2000).fill(3)]) {
    const bytes = await buffer(sealedZip(lengths.map((length, i) => [`${i}`, [new Uint8Array(length)]])));
    expect(Object.values(unzipSync(bytes)).map((content) => content.length)).toEqual(lengths);
    expect(await judge(bytes)).toBe(true);
    bytes[bytes.length - 30] ^= 1;
    expect(await judge(bytes)).toBe(false);
  }
});

it('a content that goes away while it is written is an error, not a file', async () => {
  const content = new Uint8Array(5 * 2 ** 20);
  const written = async () => {
    for await (const _ of sealedZip([['a', [content]]]))
      if (content.length > 0) structuredClone(content.buffer, { transfer: [content.buffer] });
  };
  await expect(written()).rejects.toThrow('unexpected number of bytes');
});

it('takes contents in several parts, which are longer than a piece', async () => {
  const part = new Uint8Array(2 ** 20 + 3).map((_, i) => i % 251);
  const bytes = await buffer(sealedZip([['a', [strToU8('head'), part, part]]]));
  const { a } = unzipSync(bytes);
  expect(strFromU8(a.subarray(0, 4))).toBe('head');
  expect(Buffer.from(a.subarray(4)).equals(Buffer.concat([part, part]))).toBe(true);
  expect(await judge(bytes)).toBe(true);
});

it('a file that was never sealed is neither whole nor broken', async () => {
  for (const bytes of [zipSync(files), new Uint8Array(0), sealed.subarray(0, 40)])
    expect(await judge(bytes)).toBeUndefined();
});

it('every single bit counts', async () => {
  const file = await open(join(folder, 'bits.zip'), 'w+');
  await file.writeFile(sealed);
  expect(await isWhole(file)).toBe(true);
  const mark = sealed.lastIndexOf('sha256:');
  for (let bit = 0; bit < 8 * sealed.length; bit++) {
    const at = bit >> 3;
    await file.write(Uint8Array.of(sealed[at] ^ (1 << (bit & 7))), 0, 1, at);
    // Where the mark itself is damaged, the file is one without a checksum.
    const isMark = at >= mark && at < mark + 'sha256:'.length;
    expect(await isWhole(file), `bit ${bit}`).toBe(isMark ? undefined : false);
    await file.write(sealed, at, 1, at);
  }
  await file.close();
});

/** Above 4 GiB, from where on such a file has further records, in the long tests. */
const PIECES = process.env.VAE_TEST_LONG === '1' ? 2 ** 12 + 1 : 17;

it(`takes ${PIECES} MiB`, { timeout: 300_000 }, async () => {
  const piece = new Uint8Array(2 ** 20).fill(7);
  const bytes = sealedZip([
    ['long', Array(PIECES).fill(piece)],
    ['short', [strToU8('the end')]],
  ]);
  const file = await open(join(folder, 'long.zip'), 'w+');
  await writeFile(file, bytes);
  const { size } = await file.stat();
  expect(await isWhole(file)).toBe(true);
  const zip = await fromFdPromise(file.fd, { autoClose: false });
  const found: [string, number, string][] = [];
  for await (const entry of zip.eachEntry()) {
    const content = entry.fileName === 'short' ? await text(await zip.openReadStreamPromise(entry)) : '';
    found.push([entry.fileName, entry.uncompressedSize, content]);
  }
  expect(found).toEqual([
    ['long', PIECES * 2 ** 20, ''],
    ['short', 7, 'the end'],
  ]);
  // In the middle, and in what stands at the end alone
  for (const at of [PIECES * 2 ** 19 + 5, size - 30]) {
    const { buffer: before } = await file.read(Buffer.alloc(1), 0, 1, at);
    await file.write(Uint8Array.of(before[0] ^ 1), 0, 1, at);
    expect(await isWhole(file), `byte ${at}`).toBe(false);
    await file.write(before, 0, 1, at);
  }
  await file.close();
});
