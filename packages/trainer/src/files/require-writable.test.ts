import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requireWritable, requireWritableFolder } from './require-writable.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vae-writable-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bothWays = [requireWritable, requireWritableFolder];

describe('what may be written', () => {
  it('is new, with folders above it that are missing, and leaves no trace', async () => {
    for (const require of bothWays) await require(join(folder, 'a/b/c'));
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is a file that is there, an empty folder, and a full one where asked', async () => {
    writeFileSync(join(folder, 'file'), 'old');
    await requireWritable(join(folder, 'file'));
    await expect(requireWritableFolder(folder)).rejects.toThrow('is not empty; choose another');
    await requireWritableFolder(folder, { overwrite: true });
    mkdirSync(join(folder, 'empty'));
    await requireWritableFolder(join(folder, 'empty'));
  });

  it.skipIf(!existsSync('/dev/null'))('is a device', () => requireWritable('/dev/null'));
});

describe('what may not be written', () => {
  it('is what has the name already', async () => {
    writeFileSync(join(folder, 'file'), '');
    const way = join(folder, 'file/x');
    await expect(requireWritable(folder)).rejects.toThrow(`Cannot write "${folder}": it is a folder.`);
    await expect(requireWritableFolder(join(folder, 'file'))).rejects.toThrow('a file of that name is in');
    for (const require of bothWays)
      await expect(require(way)).rejects.toThrow('a part of the path is a file');
  });

  it('is what goes in a circle', async () => {
    symlinkSync('round', join(folder, 'round'));
    for (const require of bothWays)
      await expect(require(join(folder, 'round'))).rejects.toThrow('its links run in a circle');
  });

  it.skipIf(process.platform === 'win32')('is where permission is missing', async () => {
    chmodSync(folder, 0o555);
    const isRoot = process.getuid?.() === 0;
    // Root needs no permission; nobody does.
    if (isRoot) process.seteuid?.(65534);
    try {
      const path = join(folder, 'a/b');
      for (const require of bothWays)
        await expect(require(path)).rejects.toMatchObject({
          code: 'bad-file',
          message: `Cannot write "${path}": permission denied.`,
        });
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });
});
