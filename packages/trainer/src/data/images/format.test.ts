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
