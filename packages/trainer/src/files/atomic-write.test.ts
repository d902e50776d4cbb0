import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { atomicFolder, atomicWrite } from './atomic-write.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vae-atomic-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('atomicWrite', () => {
  it('writes, replaces, makes parents and leaves nothing beside the file', async () => {
    const path = join(folder, 'a/b/c.txt');
    await atomicWrite(path, 'one');
    await atomicWrite(path, new Uint8Array([50]));
    expect(readFileSync(path, 'utf8')).toBe('2');
    expect(readdirSync(join(folder, 'a/b'))).toEqual(['c.txt']);
  });

  it('keeps the old file and no temporary one when writing fails', async () => {
    const path = join(folder, 'a.txt');
    await atomicWrite(path, 'old');
    await expect(atomicWrite(path, 5 as unknown as string)).rejects.toThrow(TypeError);
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['a.txt']);
  });

  it('writes chunks one after the other, and nothing where one fails', async () => {
    const path = join(folder, 'a.txt');
    async function* chunks() {
      yield* [Buffer.from('one, '), Buffer.alloc(0), Buffer.from('two')];
    }
    await atomicWrite(path, chunks());
    async function* broken() {
      yield Buffer.from('three');
      // What was written before lies in the temporary file.
      expect(readdirSync(folder)).toHaveLength(2);
      throw new Error('no more');
    }
    await expect(atomicWrite(path, broken())).rejects.toThrow('no more');
    expect(readFileSync(path, 'utf8')).toBe('one, two');
    expect(readdirSync(folder)).toEqual(['a.txt']);
  });

  it('writes through links whose end is not there yet', async () => {
    mkdirSync(join(folder, 'in'));
    symlinkSync('in/second', join(folder, 'first'));
    symlinkSync('../real', join(folder, 'in', 'second'));
    await atomicWrite(join(folder, 'first'), 'new');
    expect(readFileSync(join(folder, 'real'), 'utf8')).toBe('new');
    for (const link of ['first', 'in/second'])
      expect(lstatSync(join(folder, link)).isSymbolicLink()).toBe(true);
  });

  it('writes through a link', async () => {
    writeFileSync(join(folder, 'real'), 'old');
    symlinkSync(join(folder, 'real'), join(folder, 'link'));
    await atomicWrite(join(folder, 'link'), 'new');
    expect(readFileSync(join(folder, 'real'), 'utf8')).toBe('new');
    expect(lstatSync(join(folder, 'link')).isSymbolicLink()).toBe(true);
  });

  it.skipIf(process.platform === 'win32')('keeps the rights of the file that it replaces', async () => {
    const path = join(folder, 'private');
    for (const mode of [0o600, 0o666]) {
      writeFileSync(path, 'old');
      chmodSync(path, mode);
      await atomicWrite(path, 'new');
      expect(statSync(path).mode & 0o777).toBe(mode);
    }
  });

  it('does not replace a device', async () => {
    await atomicWrite('/dev/null', 'gone');
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  it.skipIf(process.platform === 'win32')('does not wait for a pipe that nobody reads', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await expect(atomicWrite(pipe, 'x')).rejects.toThrow(
      `Cannot write "${pipe}": there is nobody at its other end.`,
    );
    const reading = readFile(pipe);
    const content = 'x'.repeat(300_000);
    // The reader opens in a thread of its own; until it has, there is nobody.
    await vi.waitFor(() => atomicWrite(pipe, content));
    expect((await reading).toString()).toBe(content);
  });

  it.skipIf(!existsSync('/proc/self'))('comes back where the system takes no folders', async () => {
    await expect(atomicWrite('/proc/x/y.png', 'x')).rejects.toThrow('the system takes no new folders there');
    await expect(atomicFolder('/proc/x', [])).rejects.toMatchObject({
      name: 'TrainerError',
      code: 'bad-file',
    });
  });

  it('takes every name that the system takes', async () => {
    const path = join(folder, '\u20ac'.repeat(80));
    await atomicWrite(path, 'x');
    expect(readdirSync(folder)).toEqual(['\u20ac'.repeat(80)]);
  });

  it('says in one line why it cannot', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(atomicWrite(folder, 'x')).rejects.toThrow(`Cannot write "${folder}": it is a folder.`);
    await expect(atomicWrite(join(folder, 'file/x'), 'x')).rejects.toMatchObject({
      name: 'TrainerError',
      code: 'bad-file',
    });
    await expect(atomicWrite(join(folder, 'a\0b'), 'x')).rejects.toMatchObject({
      name: 'TrainerError',
      code: 'bad-file',
    });
    await expect(atomicWrite(join(folder, 'n'.repeat(300)), 'x')).rejects.toThrow('the name is too long');
  });
});

describe('atomicFolder', () => {
  const files = [
    ['a.txt', 'one'],
    ['b/c.txt', 'two'],
  ] as const;

  it('writes a folder with sub-folders', async () => {
    await atomicFolder(join(folder, 'deep/out'), files);
    expect(readFileSync(join(folder, 'deep/out/b/c.txt'), 'utf8')).toBe('two');
    expect(readdirSync(join(folder, 'deep'))).toEqual(['out']);
  });

  it('fills an empty folder and refuses a full one unless asked', async () => {
    const out = join(folder, 'out');
    mkdirSync(out);
    await atomicFolder(out, files);
    await expect(atomicFolder(out, [['z.txt', '']])).rejects.toThrow(
      `The folder "${out}" is not empty; choose another or add --overwrite.`,
    );
    await atomicFolder(out, [['z.txt', '']], { overwrite: true });
    expect(readdirSync(out)).toEqual(['z.txt']);
    expect(readdirSync(folder)).toEqual(['out']);
  });

  it('moves the files into an empty folder, and keeps the folder', async () => {
    const out = join(folder, 'out');
    mkdirSync(out);
    const { ino } = statSync(out);
    await atomicFolder(out, files);
    expect(statSync(out).ino).toBe(ino);
    expect(readdirSync(out)).toEqual(['a.txt', 'b']);
  });

  it('writes through a link whose end is not there yet', async () => {
    symlinkSync('real', join(folder, 'link'));
    await atomicFolder(`${join(folder, 'link')}/`, files);
    expect(lstatSync(join(folder, 'link')).isSymbolicLink()).toBe(true);
    expect(readdirSync(join(folder, 'real'))).toEqual(['a.txt', 'b']);
  });

  it('writes through a link, into an empty and into a full folder', async () => {
    const link = join(folder, 'link');
    mkdirSync(join(folder, 'real'));
    symlinkSync(join(folder, 'real'), link);
    await atomicFolder(`${link}/`, files);
    await atomicFolder(`${link}/`, [['z.txt', '']], { overwrite: true });
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readdirSync(join(folder, 'real'))).toEqual(['z.txt']);
    expect(readdirSync(folder)).toEqual(['link', 'real']);
  });

  it.skipIf(process.platform === 'win32')('keeps a full folder and its rights', async () => {
    const out = join(folder, 'out');
    await atomicFolder(out, files);
    chmodSync(out, 0o700);
    const { ino } = statSync(out);
    await atomicFolder(out, [['a.txt', 'new']], { overwrite: true });
    expect(statSync(out)).toMatchObject({ ino, mode: 0o40700 });
    expect(readdirSync(out)).toEqual(['a.txt']);
    expect(readFileSync(join(out, 'a.txt'), 'utf8')).toBe('new');
  });

  describe('where one works in the folder', () => {
    const before = process.cwd();
    afterEach(() => process.chdir(before));

    it('stays under the feet', async () => {
      await atomicFolder(join(folder, 'out'), files);
      process.chdir(join(folder, 'out'));
      await atomicFolder('.', [['z.txt', '']], { overwrite: true });
      expect(readdirSync('.')).toEqual(['z.txt']);
      expect(readdirSync(join(folder, 'out'))).toEqual(['z.txt']);
    });

    it('refuses to replace a folder in it that one works in', async () => {
      await atomicFolder(join(folder, 'out'), files);
      process.chdir(join(folder, 'out/b'));
      await expect(atomicFolder('..', [['z.txt', '']], { overwrite: true })).rejects.toThrow(
        'The folder ".." holds "b", which --overwrite would delete and this command is run from; run it from another folder.',
      );
      expect(readdirSync('.')).toEqual(['c.txt']);
    });
  });

  it('puts everything back when a file cannot be moved', async () => {
    const out = join(folder, 'out');
    await atomicFolder(out, files);
    // Taken away under its feet: what was there when it began cannot be moved any more.
    async function* late() {
      yield ['z.txt', ''] as const;
      rmSync(join(out, 'b'), { recursive: true });
    }
    await expect(atomicFolder(out, late(), { overwrite: true })).rejects.toThrow(
      `Cannot write "${out}": there is no such file or folder.`,
    );
    expect(readdirSync(out)).toEqual(['a.txt']);
  });

  it('never deletes what is not its own', async () => {
    await atomicFolder(join(folder, 'out'), files);
    const replaceable = (name: string) => name === 'a.txt';
    await expect(atomicFolder(join(folder, 'out'), [], { overwrite: true, replaceable })).rejects.toThrow(
      'holds "b", which --overwrite would delete',
    );
    expect(readdirSync(join(folder, 'out'))).toEqual(['a.txt', 'b']);
  });

  it('leaves nothing when a file fails half-way', async () => {
    async function* broken() {
      yield ['a.txt', 'one'] as const;
      throw new Error('no more');
    }
    await expect(atomicFolder(join(folder, 'out'), broken())).rejects.toThrow('no more');
    mkdirSync(join(folder, 'empty'));
    await expect(atomicFolder(join(folder, 'empty'), broken())).rejects.toThrow('no more');
    expect(readdirSync(join(folder, 'empty'))).toEqual([]);
    rmSync(join(folder, 'empty'), { recursive: true });
    await expect(atomicFolder(join(folder, 'out'), [['../x', '']])).rejects.toThrow('leaves the folder');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('refuses a name that a file has', async () => {
    writeFileSync(join(folder, 'out'), '');
    await expect(atomicFolder(join(folder, 'out'), files)).rejects.toThrow(
      'a file of that name is in the way',
    );
  });
});
