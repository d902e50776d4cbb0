import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePng } from '@vae/sdk/media';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { formatFor } from './format.js';
import { plainDecoder } from './plain-decoder.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vae-format-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('takes the size of the first image that can be read, where others may stand in', async () => {
  const [broken, whole] = [join(folder, 'a.png'), join(folder, 'b.png')];
  await writeFile(broken, 'no image');
  await writeFile(whole, encodePng({ width: 3, height: 2, channels: 1, data: new Uint8Array(6) }));
  expect(await formatFor(broken, {}, plainDecoder, [whole])).toMatchObject({ height: 2, width: 3 });
  const first = /a\.png is neither PNG nor JPEG/;
  await expect(formatFor(broken, {}, plainDecoder)).rejects.toThrow(first);
  await expect(formatFor(broken, {}, plainDecoder, [join(folder, 'none.png')])).rejects.toThrow(first);
});

it('does not take the size of a photo unless it is asked to', async () => {
  const file = join(folder, 'a.png');
  const write = (height: number, width: number) =>
    writeFile(file, encodePng({ width, height, channels: 1, data: new Uint8Array(width * height) }));
  await write(512, 512);
  expect(await formatFor(file, {}, plainDecoder)).toMatchObject({ height: 512, width: 512 });
  await write(513, 512);
  await expect(formatFor(file, {}, plainDecoder)).rejects.toMatchObject({
    code: 'bad-option',
    message: expect.stringMatching(
      /a\.png, the first image, has 513×512 pixels .* such as size=64 or size=48x64\.$/,
    ),
  });
  expect(await formatFor(file, { size: [513, 512] }, plainDecoder)).toMatchObject({
    height: 513,
    width: 512,
  });
});
