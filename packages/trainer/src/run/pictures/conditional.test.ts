import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Compiled, Feeds } from '../../engines/engine.js';
import { buildPrograms } from '../../programs.js';
import { conditional, TINY_SHAPE, tinyRecipe } from '../../testing/tiny-training.js';
import { RunFolder } from '../folder.js';
import { classColumns, shortName } from './class-columns.js';
import { Pictures } from './pictures.js';

let folder: RunFolder;
beforeEach(async () => {
  folder = new RunFolder(await mkdtemp(join(tmpdir(), 'vae-pictures-')));
  await folder.make();
});
afterEach(() => rm(folder.path, { recursive: true }));

const SIZE = 8 * 8;
/** Brightness of a class: 1 is the brightest of all. */
const greyOf = (number: number, classes: number): number => Math.fround((number + 1) / classes);

interface Asked {
  readonly z: readonly number[];
  readonly classes: readonly number[];
}

/** Pictures of a decoder that draws each class in one grey, what it was asked for, and what classes were encoded. */
function picturesOf(names: readonly string[], latent = 3) {
  const asked: Asked[] = [];
  const encoded: number[][] = [];
  const classesOf = (label: Float32Array, count: number) => {
    const rows = Array.from({ length: count }, (_, i) =>
      label.slice(i * names.length, (i + 1) * names.length),
    );
    for (const row of rows)
      expect([...row].sort().reverse()).toEqual([1, ...Array(names.length - 1).fill(0)]);
    return rows.map((row) => row.indexOf(1));
  };
  const compiled = {
    run: async (program: string, { x, z, label }: Feeds) => {
      const count = program === 'encode' ? x!.length / SIZE : z!.length / latent;
      const classes = classesOf(label!, count);
      if (program === 'encode') {
        encoded.push(classes);
        return { mean: new Float32Array(count * latent) };
      }
      asked.push({ z: [...z!], classes });
      return {
        x: Float32Array.from({ length: count * SIZE }, (_, i) =>
          greyOf(classes[Math.floor(i / SIZE)], names.length),
        ),
      };
    },
  } as unknown as Compiled;
  const programs = buildPrograms(tinyRecipe({ model: conditional }), TINY_SHAPE, names.length);
  const pictures = new Pictures({
    ...{ compiled, folder, latent, kind: 'gaussian', conditions: names },
    ...{ program: programs.encode, shape: TINY_SHAPE, itemSize: SIZE, binarize: false, seed: 0 },
    split: { size: 5, read: (_, out) => void out.fill(0.5), label: (index) => (3 * index) % names.length },
  });
  return { pictures, asked, encoded };
}

const digits = Array.from({ length: 10 }, (_, i) => String(i));

describe('pictures of a conditional model', () => {
  it('encode and reconstruct each sample as its own class', async () => {
    const { pictures, asked, encoded } = picturesOf(digits);
    await pictures.epoch('epoch-001', 'epoch 001');
    expect(encoded).toEqual([[0, 3, 6, 9, 2]]);
    expect(asked[0].classes).toEqual([0, 3, 6, 9, 2]);
  });

  it('have a column for each class, and one code in each row', async () => {
    const { pictures, asked } = picturesOf(digits);
    const { samples } = await pictures.epoch('epoch-001', 'epoch 001');
    const columns = asked.slice(1);
    expect(columns.map(({ classes }) => classes)).toEqual(digits.map((_, number) => Array(4).fill(number)));
    for (const { z } of columns) expect(z).toEqual(columns[0].z);
    // The bottom row: the greys of the classes from left to right.
    const row = [...samples.data.subarray(samples.data.length - samples.width)];
    const greys = row.filter((value, i) => value !== 255 && value !== row[i - 1]);
    expect(greys).toEqual(digits.slice(0, 9).map((_, number) => Math.round(255 * greyOf(number, 10))));
  });

  it('show ten classes of many, evenly chosen', async () => {
    const { pictures, asked } = picturesOf(Array.from({ length: 100 }, (_, i) => `class ${i}`));
    await pictures.samples();
    const shown = asked.map(({ classes: [first] }) => first);
    expect(shown).toHaveLength(10);
    expect([shown[0], shown.at(-1)]).toEqual([0, 99]);
  });

  it.each([2, 3])('of %i latent dimensions show the space of the first class', async (latent) => {
    const { pictures, asked } = picturesOf(digits, latent);
    const each = new Array(latent).fill(1);
    const statistics = {
      mean: each,
      std: each,
      kl: each,
      meanVariance: each,
      activeUnits: latent,
      samples: 5,
    };
    await pictures.latentSpace(statistics);
    expect(new Set(asked.flatMap(({ classes }) => classes))).toEqual(new Set([0]));
  });
});

describe('columns of classes', () => {
  it('are of one height, whatever the names', () => {
    const images = { data: new Float32Array(2 * 16), shape: [2, 1, 4, 4] };
    const of = (...names: string[]) =>
      classColumns(
        names.map((name) => ({ name, images })),
        { title: 'x', scale: 1 },
      );
    const [short, long] = [of('a', 'b'), of('a', 'an exceedingly long name of a class')];
    expect(long.height).toBe(short.height);
    expect(long.width).toBeGreaterThan(short.width);
  });

  it('cut long names off', () => {
    expect([shortName('cat'), shortName('twelve-chars'), shortName('thirteen-char')]).toEqual([
      'cat',
      'twelve-chars',
      'thirteen-c..',
    ]);
  });
});
