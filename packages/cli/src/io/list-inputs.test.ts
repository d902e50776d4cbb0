import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { listInputs, naturalOrder } from './list-inputs.js';

// Whoever runs the tests may have leave to read everything.
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const readdir = async (path: string, options: { withFileTypes: true }) => {
    if (path.endsWith('locked')) throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
    return real.readdir(path, options);
  };
  return { ...real, readdir };
});

const folder = mkdtempSync(join(tmpdir(), 'vae-inputs-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('sorts as people count', () => {
  expect(['b10', 'b9', 'a', 'b01', 'b1'].sort(naturalOrder)).toEqual(['a', 'b01', 'b1', 'b9', 'b10']);
});

it('opens folders and keeps the order of the words', async () => {
  const images = join(folder, 'images');
  mkdirSync(join(images, 'deeper.png'), { recursive: true });
  for (const name of ['10.png', '2.PNG', '.hidden.png', 'notes.txt']) writeFileSync(join(images, name), '');
  const extra = join(images, 'notes.txt');
  expect(await listInputs([extra, images], ['.png'])).toEqual([
    extra,
    join(images, '2.PNG'),
    join(images, '10.png'),
  ]);
  const array = join(folder, 'x.npy');
  writeFileSync(array, '');
  expect(await listInputs([`${array}#3`], ['.png'])).toEqual([`${array}#3`]);
});

it('looks into the folders in a folder, each once', async () => {
  const photos = join(folder, 'photos');
  for (const name of ['cats/2', 'cats/10', '.hidden', 'dogs'])
    mkdirSync(join(photos, name), { recursive: true });
  const names = ['cats/10/a.png', 'cats/2/b.png', 'cats/9.png', 'dogs/c.png', 'a.png', '.hidden/d.png'];
  for (const name of names) writeFileSync(join(photos, name), '');
  symlinkSync('..', join(photos, 'dogs/again'), 'dir');
  expect(await listInputs([photos], ['.png'])).toEqual(
    ['a.png', 'cats/2/b.png', 'cats/9.png', 'cats/10/a.png', 'dogs/c.png'].map((name) => join(photos, name)),
  );
});

it('passes over links that lead nowhere, and says how many', async () => {
  const linked = join(folder, 'linked');
  mkdirSync(linked);
  writeFileSync(join(linked, 'a.png'), '');
  symlinkSync('circle.png', join(linked, 'circle.png'));
  symlinkSync('a.png', join(linked, 'good.png'));
  const notes: string[] = [];
  const list = () => listInputs([linked], ['.png'], (note) => void notes.push(note));
  expect(await list()).toEqual([join(linked, 'a.png'), join(linked, 'good.png')]);
  symlinkSync('gone.png', join(linked, 'dead.png'));
  await list();
  expect(notes).toEqual([
    `${linked}: passed over: 1 link that leads nowhere.`,
    `${linked}: passed over: 2 links that lead nowhere.`,
  ]);
  // A link that is named itself was meant.
  await expect(listInputs([join(linked, 'circle.png')], ['.png'])).rejects.toThrow(
    `Cannot read "${join(linked, 'circle.png')}": its links run in a circle.`,
  );
  const nothing = join(folder, 'nothing');
  mkdirSync(nothing);
  symlinkSync('gone.png', join(nothing, 'dead.png'));
  await expect(listInputs([nothing], ['.png'])).rejects.toThrow(
    'holds no .png file, nor do the folders in it; passed over: 1 link that leads nowhere.',
  );
});

it('takes no pictures of a report for data', async () => {
  const run = join(folder, 'run');
  mkdirSync(join(run, 'pictures'), { recursive: true });
  for (const name of ['recipe.json', 'run.json', 'pictures/epoch-1.png']) writeFileSync(join(run, name), '');
  await expect(listInputs([run], ['.png'])).rejects.toThrow(
    `"${run}" is the folder of a run, whose pictures belong to its report; give files, or a folder of data.`,
  );
  const picture = join(run, 'pictures', 'epoch-1.png');
  expect(await listInputs([join(run, 'pictures')], ['.png'])).toEqual([picture]);
});

it('says which path is wrong', async () => {
  const locked = join(folder, 'outer', 'locked');
  mkdirSync(locked, { recursive: true });
  await expect(listInputs([join(folder, 'outer')], ['.png'])).rejects.toThrow(
    `Cannot read "${locked}": permission denied.`,
  );
  const missing = join(folder, 'missing.png');
  await expect(listInputs([missing], ['.png'])).rejects.toThrow(
    `Cannot read "${missing}": there is no such file or folder.`,
  );
  await expect(listInputs(['images:photos?size=64'], ['.png'])).rejects.toThrow(
    '"images:photos?size=64" is how training names a folder; give the folder itself: "photos".',
  );
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  await expect(listInputs([empty], ['.png', '.npy'])).rejects.toThrow(
    `The folder "${empty}" holds no .png, .npy file, nor do the folders in it.`,
  );
});

it('tells of pictures of other kinds', async () => {
  const mixed = join(folder, 'mixed');
  mkdirSync(join(mixed, 'deep'), { recursive: true });
  for (const name of ['a.png', 'b.HEIC', 'deep/c.webp', 'deep/d.webp', 'notes.txt'])
    writeFileSync(join(mixed, name), '');
  const notes: string[] = [];
  expect(await listInputs([mixed], ['.png'], (note) => notes.push(note))).toEqual([join(mixed, 'a.png')]);
  expect(notes).toEqual([
    `${mixed}: passed over: 3 pictures of a kind that is not read here (.heic, .webp; convert to JPEG or PNG).`,
  ]);
  await expect(listInputs([join(mixed, 'deep')], ['.png'])).rejects.toThrow(
    'holds no .png file, nor do the folders in it; passed over: 2 pictures of a kind that is not read here (.webp; convert',
  );
});
