import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { inFolder } from './fresh-folder.js';

const before = process.cwd();
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vae-fresh-'));
  process.chdir(folder);
});
afterEach(async () => {
  process.chdir(before);
  await rm(folder, { recursive: true });
});

const write = async (path: string) => {
  await writeFile(join(path, 'recipe.json'), '{}');
  return path;
};

it('runs that begin at once have folders of their own', async () => {
  const paths = await Promise.all([1, 2, 3, 4, 5].map(() => inFolder(undefined, 'tiny', write)));
  expect(new Set(paths).size).toBe(5);
  for (const path of paths) expect(path).toMatch(/^runs.tiny-\d{8}-\d{6}(-[2-5])?$/);
  expect((await readdir('runs')).sort()).toEqual(paths.map((path) => path.slice('runs/'.length)).sort());
});

it('leaves no folder behind where nothing was written', async () => {
  const refuse = () => Promise.reject(new Error('no such data'));
  await expect(inFolder(undefined, 'tiny', refuse)).rejects.toThrow('no such data');
  expect(await readdir('.')).toEqual([]);
  await inFolder(undefined, 'tiny', write);
  await expect(inFolder(undefined, 'other', refuse)).rejects.toThrow('no such data');
  expect(await readdir('runs')).toEqual([expect.stringMatching(/^tiny-/)]);
});

it('takes the folder that is given as it is', async () => {
  expect(await inFolder('mine', 'tiny', async (path) => path)).toBe('mine');
  expect(await readdir('.')).toEqual([]);
});
