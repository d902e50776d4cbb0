import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodePng, encodePng } from '@vae/sdk/media';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Compiled, Feeds } from '../../engines/engine.js';
import { buildPrograms } from '../../programs.js';
import { TINY_SHAPE, tinyRecipe } from '../../testing/tiny-training.js';
import { RunFolder } from '../folder.js';
import { isDrawn, Pictures } from './pictures.js';

let folder: RunFolder;
beforeEach(async () => {
  folder = new RunFolder(await mkdtemp(join(tmpdir(), 'vae-pictures-')));
  await folder.make();
});
afterEach(() => rm(folder.path, { recursive: true }));

/** Takes samples for codes and codes for samples. */
const mirror = {
  run: async (program: string, feeds: Feeds) =>
    program === 'encode' ? { mean: feeds.x!.slice() } : { x: feeds.z!.slice() },
} as unknown as Compiled;

const picturesOf = (shape: readonly number[]) => {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return new Pictures({
    compiled: mirror,
    program: buildPrograms(tinyRecipe(), TINY_SHAPE).encode,
    folder,
    shape,
    latent: size,
    kind: 'gaussian',
    itemSize: size,
    binarize: false,
    seed: 0,
    split: {
      size: 30,
      read: (indices, out) =>
        Array.from(indices).forEach((index, row) => void out.fill(index / 30, row * size, (row + 1) * size)),
    },
  });
};

describe('which epochs get a picture', () => {
  const drawn = (epochs: number) =>
    Array.from({ length: epochs }, (_, i) => i + 1).filter((epoch) => isDrawn(epoch, epochs));

  it('is every one of a hundred', () => {
    expect(drawn(100)).toHaveLength(100);
  });

  it('is up to a hundred of more, with equal distances', () => {
    expect(drawn(600)).toEqual(Array.from({ length: 100 }, (_, i) => 6 * (i + 1)));
    expect(drawn(101)).toHaveLength(50);
  });
});

describe('pictures of an epoch', () => {
  it.each([
    ['grey images', [1, 8, 8]],
    ['colour images', [3, 64, 64]],
    ['vectors', [12]],
    ['sound', [1, 400]],
    ['images of a kind that no screen shows', [2, 8, 8]],
  ])('are drawn of %s', async (_, shape) => {
    const { reconstructions, samples } = await picturesOf(shape).epoch('epoch-001', 'epoch 001');
    const whole = decodePng(await readFile(folder.picture('epoch-001.png')));
    expect(whole.width).toBeGreaterThan(reconstructions.width + samples.width);
    expect(whole.height).toBe(samples.height);
    const colours = new Set(whole.data);
    expect(colours.size).toBeGreaterThan(1);
  });

  it('of vectors hold data and reconstructions on one scale', async () => {
    const { reconstructions } = await picturesOf([12]).epoch('epoch-001', 'epoch 001');
    const { data, width, height, channels } = reconstructions;
    expect(channels).toBe(1);
    const half = (width - 8) / 2;
    // The codes are the data here, so both halves show the same lines; captions are above them.
    for (let y = 24; y < height; y++)
      for (let x = 0; x < half; x++) expect(data[y * width + x]).toBe(data[y * width + x + half + 8]);
  });
});

describe('the film', () => {
  const SIDE = 4;
  /** Each frame has a grey level of its own. */
  const draw = (epochs: number, side = SIDE) =>
    Promise.all(
      Array.from({ length: epochs }, (_, epoch) => {
        const data = new Uint8Array(side * side).fill(epoch);
        const png = encodePng({ width: side, height: side, channels: 1, data });
        return writeFile(folder.picture(`epoch-${String(epoch + 1).padStart(3, '0')}.png`), png);
      }),
    );
  /** By the block that stands before each frame. */
  const framesOf = async () =>
    (await readFile(folder.picture('training.gif'))).toString('latin1').split('\x21\xf9\x04').length - 1;

  it('has a frame for each picture, and a hundred of more', async () => {
    await draw(30);
    await picturesOf([1, 8, 8]).film();
    expect(await framesOf()).toBe(30);
    await draw(250);
    await picturesOf([1, 8, 8]).film();
    expect(await framesOf()).toBe(100);
  });

  it('has fewer where they are large', async () => {
    await draw(30);
    await picturesOf([1, 8, 8]).film(7 * SIDE * SIDE);
    expect(await framesOf()).toBe(7);
    await picturesOf([1, 8, 8]).film(1);
    expect(await framesOf()).toBe(2);
  });

  it('leaves out pictures of another size and damaged ones', async () => {
    await draw(9);
    await draw(3, 2 * SIDE);
    await writeFile(folder.picture('epoch-005.png'), 'no picture');
    await picturesOf([1, 8, 8]).film();
    expect(await framesOf()).toBe(5);
  });
});

it('the latent space of vectors is drawn as traversals', async () => {
  const ones = new Array<number>(12).fill(1);
  const statistics = {
    mean: new Array<number>(12).fill(0),
    std: ones,
    meanVariance: ones,
    kl: ones,
    activeUnits: 12,
    samples: 9,
  };
  expect(await picturesOf([12]).latentSpace(statistics)).toBe('traversals.png');
  const { width } = decodePng(await readFile(folder.picture('traversals.png')));
  expect(width).toBeGreaterThan(9 * 96);
});
