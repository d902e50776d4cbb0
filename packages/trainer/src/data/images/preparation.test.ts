import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imageTensor } from '@vae/sdk/images';
import { decodePng, encodePng, type Picture } from '@vae/sdk/media';
import { uniform } from '@vae/sdk/random';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { images } from '../images.js';

const chosen = vi.hoisted(() => ({ plain: false }));
vi.mock('./create-decoder.js', async (original) => {
  const { createDecoder } = await original<typeof import('./create-decoder.js')>();
  const { plainDecoder } = await import('./plain-decoder.js');
  return { createDecoder: async () => (chosen.plain ? plainDecoder : createDecoder()) };
});

/** What photographs have: soft changes, a disc with a hard edge, a fence and grain. */
function photo(width: number, height: number): Picture {
  const grain = uniform({ seed: 1, stream: 'grain' }, width * height);
  const data = Uint8ClampedArray.from({ length: 3 * width * height }, (_, i) => {
    const [pixel, colour] = [Math.floor(i / 3), i % 3];
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    const [u, v] = [x / width, y / height];
    const soft = 128 + 60 * Math.sin(7 * u + 3 * v) + 40 * Math.cos(11 * v - 5 * u);
    const disc = (u - 0.4) ** 2 + (v - 0.55) ** 2 < 0.06 ? 70 * (colour - 1) : 0;
    const fence = v > 0.7 && Math.floor(x / 7) % 2 === 0 ? -60 : 0;
    return soft + disc + fence + 24 * (grain[pixel] - 0.5);
  });
  return { width, height, channels: 3, data: new Uint8Array(data.buffer) };
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vae-preparation-'));
  for (const [width, height] of [
    [301, 200],
    [90, 160],
    [1000, 333],
  ] as const) {
    await writeFile(join(folder, `${width}.png`), encodePng(photo(width, height)));
  }
});
afterAll(() => rm(folder, { recursive: true }));

/** Differences in bytes between what a data set gives and what the SDK makes of the same files. */
async function differences(query: string): Promise<number[]> {
  const { train, shape, preparation, close } = await images.open(`${folder}${query}`, { seed: 0 });
  const read = new Float32Array(3 * shape.reduce((a, b) => a * b));
  await train.read([0, 1, 2], read);
  await close?.();
  const pictures = await Promise.all(
    ['1000', '301', '90'].map(async (name) => decodePng(await readFile(join(folder, `${name}.png`)))),
  );
  const { data } = imageTensor(pictures, { shape, preparation });
  return Array.from(read, (value, i) => Math.round(255 * Math.abs(value - data[i])));
}

const largest = (values: readonly number[]) => values.reduce((most, value) => Math.max(most, value), 0);

const queries = [
  '?size=32',
  '?size=24x40&crop=none',
  '?size=20&crop=80x64',
  '?size=48&crop=random&flip&grey',
  '?size=64&grey',
];

describe("a model's preparation of pictures", () => {
  it.each(queries)('is that of training without sharp, byte by byte: %s', async (query) => {
    chosen.plain = true;
    expect(largest(await differences(query))).toBe(0);
  });

  it.each(queries)('is that of training with sharp, within 2 of 255: %s', async (query) => {
    chosen.plain = false;
    const found = await differences(query);
    expect(largest(found)).toBeLessThanOrEqual(2);
    expect(found.reduce((sum, value) => sum + value, 0) / found.length).toBeLessThan(0.6);
  });

  it('is that of training where pictures grow too, within 4 of 255', async () => {
    chosen.plain = false;
    expect(largest(await differences('?size=400x180'))).toBeLessThanOrEqual(4);
  });

  it('says what was done', async () => {
    chosen.plain = false;
    const of = async (query: string) => (await images.open(`${folder}${query}`, { seed: 0 })).preparation;
    const sharp = { kernel: 'lanczos3', background: 0 };
    expect(await of('?size=32')).toEqual({ fit: 'cover', ...sharp });
    expect(await of('?size=32&crop=none')).toEqual({ fit: 'fill', ...sharp });
    expect(await of('?size=32&crop=80x64')).toEqual({ fit: 'cover', window: [80, 64], ...sharp });
    // Nine eighths of 32 and 20, rounded up.
    expect(await of('?size=32x20&crop=random')).toEqual({ fit: 'cover', resized: [36, 23], ...sharp });
    chosen.plain = true;
    expect(await of('?size=32')).toEqual({ fit: 'cover', kernel: 'area', background: 0 });
  });
});
