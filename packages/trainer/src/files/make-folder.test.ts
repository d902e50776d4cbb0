import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { makeFolder } from './make-folder.js';

const folder = mkdtempSync(join(tmpdir(), 'vae-folder-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('makes every missing part, also twice and at once', async () => {
  const path = join(folder, 'a/b/c');
  await Promise.all([makeFolder(path), makeFolder(path)]);
  await makeFolder(path);
  expect(statSync(path).isDirectory()).toBe(true);
});

it('says what is in the way', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  symlinkSync(join(folder, 'nowhere'), join(folder, 'link'));
  await expect(makeFolder(file)).rejects.toThrow(
    `Cannot make the folder "${file}": a file of that name is in the way.`,
  );
  await expect(makeFolder(join(file, 'x'))).rejects.toThrow('a part of the path is a file, not a folder.');
  await expect(makeFolder(join(folder, 'link/x'))).rejects.toMatchObject({
    name: 'TrainerError',
    code: 'bad-file',
  });
  await expect(makeFolder(join(folder, 'n'.repeat(300)))).rejects.toThrow('the name is too long');
});

it.skipIf(!existsSync('/proc/self'))('comes back where the system takes no folders', async () => {
  await expect(makeFolder('/proc/x/y')).rejects.toThrow(
    'Cannot make the folder "/proc/x": the system takes no new folders there.',
  );
});
