import { mkdir, rm, rmdir, symlink } from 'node:fs/promises';
import { encodePng } from '@vae/sdk/media';
import { expect, it } from 'vitest';
import { images } from '../images.js';
import { imageFolder } from '../testing/image-folder.js';
import { blue, halves, red } from '../testing/pictures.js';

const { path, put, open, refusal } = imageFolder();

it('passes over other files, hidden ones, dead links and folders seen before, and says so', async () => {
  const png = encodePng({ width: 2, height: 2, channels: 1, data: new Uint8Array(4) });
  await put('b/1.png', png);
  await put('a/2.PNG', png);
  await put('a/notes.txt', 'x');
  await put('a/.hidden.png', png);
  await symlink(path('b/1.png'), path('a/link.png'));
  await symlink(path('nowhere'), path('a/dead.png'));
  await symlink(path(''), path('a/loop'));
  const notes: string[] = [];
  const data = await open('', notes);
  expect([data.train.size, data.classes]).toEqual([3, ['a', 'b']]);
  expect(notes).toEqual([
    'images: 3 images in DIR; passed over: 2 files that are no images, 1 link that leads nowhere, 1 folder seen before under another name.',
  ]);
});

it('takes no hidden folder for a class', async () => {
  const png = encodePng({ width: 2, height: 2, channels: 1, data: new Uint8Array(4) });
  for (const name of ['cats/1.png', 'dogs/2.png', '.ipynb_checkpoints/1.png', 'cats/.old/3.png'])
    await put(name, png);
  const notes: string[] = [];
  const data = await open('', notes);
  expect([data.train.size, data.classes]).toEqual([2, ['cats', 'dogs']]);
  expect(notes).toEqual(['images: 2 images in DIR; passed over: 2 hidden folders.']);
});

// Other systems take no such name.
it.runIf(process.platform === 'linux')('refuses a folder whose name is not UTF-8', async () => {
  const png = encodePng({ width: 2, height: 2, channels: 1, data: new Uint8Array(4) });
  await put('dogs/2.png', png);
  const folder = Buffer.concat([Buffer.from(`${path('')}/caf`), Buffer.of(0xe9)]);
  await mkdir(folder);
  expect(await refusal(open(), 'bad-file')).toBe(
    'images: Cannot read "caf\ufffd": there is no such file or folder. Its name is not UTF-8; rename it.',
  );
  // What empties the test's folder does not find it either.
  await rmdir(folder);
});

it('has no classes where images lie beside their folders, and says so', async () => {
  const png = await halves(4, 4, red, blue).png().toBuffer();
  for (const name of ['a/1.png', 'b/2.png', 'c.png']) await put(name, png);
  const notes: string[] = [];
  expect((await open('', notes)).classes).toBeUndefined();
  await put('b.png', png);
  await rm(path('b'), { recursive: true });
  await open('', notes);
  expect(notes).toEqual([
    'images: DIR: 1 image lies outside the 2 folders (c.png), so there are no classes.',
    'images: DIR: 2 images lie outside the folder (b.png, …), so there are no classes.',
  ]);
  await rm(path('a'), { recursive: true });
  await open('', notes);
  expect(notes).toHaveLength(2);
});

it('names pictures of kinds that are not read, by their names and by their bytes', async () => {
  await put('IMG_1.HEIC', 'x');
  await put('b.bmp', 'x');
  await put('c.heic', 'x');
  expect(await refusal(open(), 'bad-data')).toContain(
    'no image in DIR; passed over: 3 pictures of a kind that is not read here (.bmp, .heic; convert to JPEG or PNG). Expected',
  );
  await put('d.jpg', `\0\0\0\x18ftypheic${'\0'.repeat(40)}`);
  expect(await refusal(open(), 'bad-file')).toBe(
    'images: d.jpg is a HEIC picture, whatever its name says. Convert it to JPEG or PNG.',
  );
});

it('refuses an empty, absent or wrong folder', async () => {
  const kinds = 'Expected files ending in .png, .jpg, .jpeg, .webp, .gif, .tif, .tiff, .avif.';
  expect(await refusal(open(), 'bad-data')).toBe(`images: there is no image in DIR. ${kinds}`);
  await put('a.txt', 'x');
  expect(await refusal(open(), 'bad-data')).toBe(
    `images: there is no image in DIR; passed over: 1 file that is no image. ${kinds}`,
  );
  expect(await refusal(open('/none'), 'bad-file')).toBe(
    'images: Cannot read "none": there is no such file or folder.',
  );
  expect(await refusal(open('/a.txt'), 'bad-file')).toBe(
    'images: a.txt is not a folder; name the one that holds the images.',
  );
  expect(await refusal(images.open(undefined, { seed: 0 }), 'bad-option')).toMatch(
    /^images: name a folder\. Usage: images:DIR\[/,
  );
});
