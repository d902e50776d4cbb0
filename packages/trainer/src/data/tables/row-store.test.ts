import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { RowStore } from './row-store.js';

const WIDTH = 300;
const row = (index: number) => Float32Array.from({ length: WIDTH }, (_, i) => index + i / 1000);
const spilled = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('vae-rows-'));

describe('RowStore', () => {
  it('gives rows back in any order, from memory or from a file without a name', async () => {
    const before = await spilled();
    // Blocks are of 2 ** 20 numbers, so these rows need three.
    for (const maxBytes of [2 ** 30, 2 ** 22, 0]) {
      const rows = new RowStore(WIDTH, maxBytes);
      for (let i = 0; i < 8000; i++) await rows.append(row(i));
      await rows.finish();
      const out = new Float32Array(6 * WIDTH);
      const indices = [7999, 0, 1, 2, 3495, 3494];
      await rows.read(indices, out);
      for (const [i, index] of indices.entries()) {
        expect(out.slice(i * WIDTH, (i + 1) * WIDTH)).toEqual(row(index));
      }
      expect(rows.size).toBe(8000);
      if (process.platform !== 'win32') expect(await spilled()).toEqual(before);
      await rows.close();
    }
    expect(await spilled()).toEqual(before);
  });

  it('leaves no file behind when it is given up, nor while it is filled where the system allows that', async () => {
    const before = await spilled();
    const rows = new RowStore(WIDTH, 0);
    await rows.append(row(0));
    if (process.platform !== 'win32') expect(await spilled()).toEqual(before);
    await rows.close();
    expect(await spilled()).toEqual(before);
  });

  it('says what to do when the temporary folder cannot be written', async () => {
    const old = process.env.TMPDIR;
    process.env.TMPDIR = '/nowhere/at/all';
    try {
      await expect(new RowStore(WIDTH, 0).append(row(0))).rejects.toThrow(
        /^The data do not fit in memory, and \/nowhere\/at\/all\/vae-rows-.* cannot be written: there is no such file or folder\. Choose another folder with the environment variable TMPDIR\.$/,
      );
    } finally {
      if (old === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = old;
    }
  });
});
