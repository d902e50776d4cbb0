import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeNpy, decodePng } from '@vae/sdk/media';
import { afterAll, describe, expect, it } from 'vitest';
import { writeImages } from './write-images.js';

const folder = mkdtempSync(join(tmpdir(), 'vae-write-'));
afterAll(() => rmSync(folder, { recursive: true }));

const images = {
  data: Float32Array.from({ length: 11 * 4 }, (_, index) => index / 44),
  shape: [11, 1, 2, 2],
};

describe('writeImages', () => {
  it('writes a grid, as square as it can be', async () => {
    const output = join(folder, 'deep/grid.png');
    expect(await writeImages(images, { output, format: 'png' })).toBe(`Wrote ${output}: 11 images.`);
    const { width, height } = decodePng(readFileSync(output));
    expect([width, height]).toEqual([4 * 2 + 3 * 2, 3 * 2 + 2 * 2]);
  });

  it('writes every value to an array', async () => {
    const output = join(folder, 'x.npy');
    await writeImages(images, { output, format: 'npy' });
    expect(decodeNpy(readFileSync(output))).toEqual(images);
  });

  it('writes an animation', async () => {
    const output = join(folder, 'x.gif');
    await writeImages(images, { output, format: 'gif' });
    expect(readFileSync(output).subarray(0, 6).toString()).toBe('GIF89a');
  });

  it('writes numbered pictures to a folder, and replaces only those', async () => {
    const output = join(folder, 'out');
    await writeImages(images, { output, format: 'folder' });
    expect(readdirSync(output)).toEqual(
      Array.from({ length: 11 }, (_, index) => `${String(index).padStart(2, '0')}.png`),
    );
    expect([...decodePng(readFileSync(join(output, '10.png'))).data]).toEqual(
      [40, 41, 42, 43].map((value) => Math.round((value / 44) * 255)),
    );
    const two = { data: images.data.subarray(0, 8), shape: [2, 1, 2, 2] };
    await expect(writeImages(two, { output, format: 'folder' })).rejects.toThrow('is not empty');
    await writeImages(two, { output, format: 'folder', overwrite: true });
    expect(readdirSync(output)).toEqual(['0.png', '1.png']);
    writeFileSync(join(output, 'mine.png'), '');
    await expect(writeImages(two, { output, format: 'folder', overwrite: true })).rejects.toThrow(
      'holds "mine.png"',
    );
  });
});
