import { describe, expect, it } from 'vitest';
import { VaeError } from '../errors.js';
import type { Posterior } from '../latent/index.js';
import { uniform } from '../random/index.js';
import type { Tensor } from '../tensor.js';
import { tileAxis } from './axis.js';
import { tiled } from './index.js';

const random = (...shape: number[]): Tensor => ({
  data: uniform(
    { seed: 1, stream: 'tiles' },
    shape.reduce((size, length) => size * length, 1),
  ),
  shape,
});

/** An image whose pixel at channel c, row y, column x is a function of the whole input. */
const image = (
  { shape }: Tensor,
  [height, width]: [number, number],
  value: (item: number, c: number, y: number, x: number) => number,
): Tensor => {
  const [count, channels] = shape as [number, number];
  const data = new Float32Array(count * channels * height * width);
  let at = 0;
  for (let item = 0; item < count; item++)
    for (let c = 0; c < channels; c++)
      for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data[at++] = value(item, c, y, x);
  return { data, shape: [count, channels, height, width] };
};

const pixel = ({ data, shape }: Tensor, item: number, c: number, y: number, x: number) =>
  data[((item * shape[1]! + c) * shape[2]! + y) * shape[3]! + x]!;

/** Each pixel f by f times. */
const enlarge = (f: number) => (input: Tensor) =>
  image(input, [input.shape[2]! * f, input.shape[3]! * f], (item, c, y, x) =>
    pixel(input, item, c, Math.floor(y / f), Math.floor(x / f)),
  );

/** Means of f by f blocks. */
const shrink = (f: number) => (input: Tensor) =>
  image(input, [input.shape[2]! / f, input.shape[3]! / f], (item, c, y, x) => {
    let sum = 0;
    for (let i = 0; i < f * f; i++) sum += pixel(input, item, c, y * f + Math.floor(i / f), x * f + (i % f));
    return sum / (f * f);
  });

const identity = (input: Tensor) => input;
const affine = (input: Tensor) => ({ data: input.data.map((value) => 3 * value - 1), shape: input.shape });

const largestDifference = (a: Tensor, b: Tensor) => {
  expect(a.shape).toEqual(b.shape);
  return a.data.reduce((most, value, i) => Math.max(most, Math.abs(value - b.data[i]!)), 0);
};

describe('tiled equals the whole where an output depends on its tile only', () => {
  const cases = [
    { size: [32, 32], tile: 16 },
    { size: [32, 48], tile: [16, 24] },
    { size: [36, 44], tile: 16 },
    { size: [68, 20], tile: [12, 8] },
    { size: [16, 64], tile: 16 },
    { size: [8, 12], tile: 16 },
  ] as const;
  const runs = [
    { name: 'identity', run: identity, scale: 1 },
    { name: 'affine', run: affine, scale: 1 },
    { name: 'enlarged', run: enlarge(3), scale: 3 },
    { name: 'shrunk', run: shrink(4), scale: 1 / 4 },
  ];
  for (const { name, run, scale } of runs)
    for (const { size, tile } of cases)
      it.each([0, 0.1, 0.25, 0.5])(`${name}, ${size} in tiles of ${tile}, overlap %d`, async (overlap) => {
        const input = random(2, 3, ...size);
        for (const batch of [1, 5]) {
          const { out } = await tiled(input, { tile, overlap, scale, batch }, async (tiles) => ({
            out: run(tiles),
          }));
          expect(largestDifference(out, run(input))).toBeLessThan(1e-6);
        }
      });
});

describe('tiled', () => {
  it('is exact for one tile and outside overlaps', async () => {
    const input = random(1, 1, 8, 8);
    const one = await tiled(input, { tile: 8 }, async (x) => ({ x }));
    expect(one.x).toEqual(input);
    const apart = await tiled(input, { tile: 4, overlap: 0 }, async (x) => ({ x }));
    expect(apart.x).toEqual(input);
  });

  it('blends linearly where tiles overlap', async () => {
    let count = 0;
    // Tiles 0 to 3 and 2 to 5 of a line of six, full of 0 and of 1.
    const { x } = await tiled(random(1, 1, 1, 6), { tile: [1, 4], overlap: 0.5 }, async (tiles) => ({
      x: { data: tiles.data.map(() => count++), shape: tiles.shape },
    }));
    // The run counts pixels, so tile 0 is 0 1 2 3 and tile 1 is 4 5 6 7; weights 3/4, 1/4 and 1/4, 3/4.
    expect([...x.data]).toEqual([0, 1, 2 * 0.75 + 4 * 0.25, 3 * 0.25 + 5 * 0.75, 6, 7]);
  });

  it('gives every run tiles of one size, moved inward at the edge', async () => {
    const seen: Tensor[] = [];
    await tiled(random(2, 3, 10, 7), { tile: 4, overlap: 0.25, batch: 4 }, async (tiles) => {
      seen.push(tiles);
      return { x: tiles };
    });
    // Rows from 0, 3, 6 and columns from 0, 3 of two items are 12 tiles.
    expect(seen.map(({ shape }) => shape)).toEqual([
      [4, 3, 4, 4],
      [4, 3, 4, 4],
      [4, 3, 4, 4],
    ]);
  });

  it('carries several outputs with channels of their own, minus infinity too', async () => {
    const input = random(1, 2, 6, 6);
    const encode = async (tiles: Tensor): Promise<Posterior> => {
      const small = shrink(2)(tiles);
      const [count, , h, w] = small.shape as [number, number, number, number];
      const certain = new Float32Array(count * h * w).fill(Number.NEGATIVE_INFINITY);
      return { mean: small, logvar: { data: certain, shape: [count, 1, h, w] } };
    };
    const { mean, logvar } = await tiled(input, { tile: 4, overlap: 0.5, scale: 1 / 2 }, encode);
    expect(largestDifference(mean, shrink(2)(input))).toBeLessThan(1e-6);
    expect(logvar.shape).toEqual([1, 1, 3, 3]);
    expect(logvar.data.every((value) => value === Number.NEGATIVE_INFINITY)).toBe(true);
  });

  it('takes one item without a batch axis', async () => {
    const { x } = await tiled({ data: [1, 2, 3, 4], shape: [1, 2, 2] }, { tile: 1 }, async (x) => ({ x }));
    expect(x).toEqual({ data: Float32Array.of(1, 2, 3, 4), shape: [1, 1, 2, 2] });
  });

  it('looks at the signal before each run', async () => {
    const stop = new AbortController();
    let runs = 0;
    const running = tiled(random(1, 1, 8, 8), { tile: 4, signal: stop.signal }, async (x) => {
      if (++runs === 2) stop.abort(new Error('enough'));
      return { x };
    });
    await expect(running).rejects.toThrow('enough');
    expect(runs).toBe(2);
  });

  it.each<[Parameters<typeof tiled>[1], Tensor, string, string]>([
    [{ tile: 0 }, random(1, 1, 8, 8), 'bad-option', "the tile's height is 0, expected a whole number >= 1."],
    [{ tile: [4, 2.5] }, random(1, 1, 8, 8), 'bad-option', "the tile's width is 2.5"],
    [
      { tile: 6, scale: 1 / 4 },
      random(1, 1, 8, 8),
      'bad-option',
      'height is 6, expected a whole number >= 1 and a multiple of 4',
    ],
    [
      { tile: 4, overlap: 0.6 },
      random(1, 1, 8, 8),
      'bad-option',
      'overlap is 0.6, expected a number from 0 to 0.5',
    ],
    [{ tile: 4, overlap: -0.1 }, random(1, 1, 8, 8), 'bad-option', 'overlap is -0.1'],
    [
      { tile: 4, scale: 1.5 },
      random(1, 1, 8, 8),
      'bad-option',
      'scale is 1.5, expected f or 1 / f for a whole number f',
    ],
    [{ tile: 4, scale: 0.4 }, random(1, 1, 8, 8), 'bad-option', 'scale is 0.4'],
    [{ tile: 4, scale: 0 }, random(1, 1, 8, 8), 'bad-option', 'scale is 0'],
    [{ tile: 4, scale: Number.NaN }, random(1, 1, 8, 8), 'bad-option', 'scale is NaN'],
    [{ tile: 4, batch: 0 }, random(1, 1, 8, 8), 'bad-option', 'batch is 0, expected a whole number >= 1'],
    [
      { tile: 4, scale: 1 / 4 },
      random(1, 1, 8, 10),
      'bad-input',
      'the width is 10, no multiple of 4; crop or pad',
    ],
    [{ tile: 4 }, random(8, 8), 'bad-input', 'input is [8, 8], expected [N, C, H, W] or [C, H, W]'],
    [
      { tile: 4, scale: 2 },
      random(1, 1, 8, 8),
      'bad-option',
      'the run gave [1, 1, 4, 4], expected [1, 1, 8, 8]; set the scale',
    ],
    [undefined as never, random(1, 1, 8, 8), 'bad-option', "the tile's height is undefined"],
  ])('refuses %j', async (options, input, code, text) => {
    const error = await tiled(input, options, async (x) => ({ x })).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(VaeError);
    expect({ code: error.code, message: error.message }).toEqual({
      code,
      message: expect.stringContaining(text),
    });
  });
});

describe('tileAxis', () => {
  it('covers the axis with weights above 0 that sum to 1, three tiles deep where the last one moved far', () => {
    for (let length = 8; length < 40; length++) {
      const spans = tileAxis({ length, tile: 8, stride: 4, up: 1, down: 1 });
      const sums = new Float64Array(length);
      for (const { from, weights } of spans)
        for (const [i, weight] of weights.entries()) {
          expect(weight).toBeGreaterThan(0);
          sums[from + i]! += weight;
        }
      for (const sum of sums) expect(Math.abs(sum - 1)).toBeLessThan(1e-15 * 4);
      expect(spans.at(-1)!.from).toBe(length - 8);
    }
  });
});
