import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDataset } from './open.js';
import { specOfPath } from './spec-of-path.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vae-spec-'));
  for (const name of ['photos', 'sounds']) await mkdir(join(folder, name));
  for (const name of ['photos/a.png', 'sounds/a.WAV', 'people.csv', 'notes.txt'])
    await writeFile(join(folder, name), '');
});
afterAll(() => rm(folder, { recursive: true }));

it('knows what a folder or file is, by what is in it and its name', () => {
  const of = (name: string) => specOfPath(join(folder, name))?.replaceAll(folder, 'F').replaceAll('\\', '/');
  expect(of('photos')).toBe('"F/photos" is a folder: did you mean "images:F/photos"?');
  expect(of('sounds')).toBe('"F/sounds" is a folder: did you mean "audio:F/sounds"?');
  expect(of('people.csv')).toBe('"F/people.csv" is a file: did you mean "csv:F/people.csv"?');
  expect([of('notes.txt'), of('missing')]).toEqual([undefined, undefined]);
});

it('is said where a path stands for a data set', async () => {
  const photos = join(folder, 'photos');
  await expect(openDataset(photos, { seed: 0 })).rejects.toMatchObject({
    code: 'bad-option',
    message: expect.stringContaining(
      `"${photos}" is a folder: did you mean "images:${photos}"? Known: digits,`,
    ),
  });
});
