import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { contentOf, tinyWheel } from '../testing/wheel.js';
import { unpack } from './unpack.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vae-unpack-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function* inPieces(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const names = ['liba.so.1', 'libb.so'];
const { bytes } = tinyWheel('some-project', '1.2', names);

describe('unpack', () => {
  it.each([1, 7, 1000, 1e6])('writes the files that are wanted, from pieces of %i bytes', async (size) => {
    await unpack(inPieces(bytes, size), names, folder);
    expect(readdirSync(folder).sort()).toEqual(names);
    for (const name of names) {
      expect(readFileSync(join(folder, name), 'utf8')).toBe(contentOf(name, '1.2'));
    }
  });

  it('takes files that are stored and empty ones', async () => {
    const stored = zipSync({ 'x/a.so': [Uint8Array.of(1, 2, 3), { level: 0 }], 'b.so': new Uint8Array() });
    await unpack(inPieces(stored, 5), ['a.so', 'b.so'], folder);
    expect([...readFileSync(join(folder, 'a.so'))]).toEqual([1, 2, 3]);
    expect(readFileSync(join(folder, 'b.so'))).toHaveLength(0);
  });

  it('refuses an archive that lacks a file, is cut off, or is none', async () => {
    await expect(unpack(inPieces(bytes, 100), ['liba.so.1', 'libc.so'], folder)).rejects.toThrow(
      'The downloaded wheel holds no libc.so.',
    );
    rmSync(join(folder, 'liba.so.1'));
    for (const size of [50, 200, Math.round(bytes.length / 3)]) {
      await expect(unpack(inPieces(bytes.subarray(0, size), 100), names, folder)).rejects.toThrow(
        /^The downloaded wheel (is damaged: |holds no )/,
      );
      for (const name of readdirSync(folder)) rmSync(join(folder, name));
    }
    const page = new TextEncoder().encode('<html>sign in</html>');
    await expect(unpack(inPieces(page, 100), names, folder)).rejects.toMatchObject({ name: 'UsageError' });
  });

  it('passes on what the download says', async () => {
    async function* breaking() {
      yield bytes.subarray(0, 100);
      throw new Error('the line is dead');
    }
    await expect(unpack(breaking(), names, folder)).rejects.toThrow('the line is dead');
  });
});
