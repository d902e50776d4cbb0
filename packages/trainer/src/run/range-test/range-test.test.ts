import { fillNormal } from '@vae/sdk/random';
import { describe, expect, it, vi } from 'vitest';
import type { Dataset } from '../../data/dataset.js';
import { TrainerError } from '../../errors.js';
import { inThreadOrt } from '../../testing/in-thread-ort.js';
import { tinyDataset, tinyRecipe } from '../../testing/tiny-training.js';
import { drawRates } from './drawing.js';
import { type RangeTestOptions, testRates } from './range-test.js';

// The engine's thread starts from a build; here it computes in the test's own.
vi.mock('../../engines/index.js', async (original) => {
  const { engines } = await original<typeof import('../../engines/index.js')>();
  return { engines: { ...engines, ort: async () => inThreadOrt } };
});

const test = (changes: Partial<RangeTestOptions> = {}) =>
  testRates({
    recipe: tinyRecipe(),
    dataset: tinyDataset(),
    threads: 1,
    from: 1e-5,
    to: 1e3,
    steps: 80,
    ...changes,
  });

/** Rows of five numbers of unit variance that come from two: 0.6 u ± 0.7 v and a little noise. */
function factorTable(): Dataset {
  const [size, columns] = [2000, 5];
  const draws = new Float32Array(size * (columns + 2));
  fillNormal(draws, { seed: 1, stream: 'table' });
  const split = {
    size,
    read: (indices: ArrayLike<number>, out: Float32Array) =>
      Array.from(indices).forEach((index, row) => {
        const [u, v, ...noise] = draws.subarray(index * (columns + 2), (index + 1) * (columns + 2));
        for (let c = 0; c < columns; c++)
          out[row * columns + c] = 0.6 * u + (c % 2 ? -0.7 : 0.7) * v + 0.4 * noise[c];
      }),
  };
  return { name: 'table', kind: 'vector', shape: [columns], range: null, train: split, source: 'the test' };
}

const tableRecipe = tinyRecipe({
  data: { source: 'table' },
  model: {
    latent: 16,
    encoder: [{ type: 'dense', units: 32 }, 'relu', { type: 'dense', units: 16 }, 'relu'],
    decoder: [
      ...[{ type: 'dense', units: 16 }, 'relu', { type: 'dense', units: 32 }, 'relu'],
      { type: 'dense', units: 'data' },
    ],
  },
  likelihood: { type: 'gaussian', variance: 'learned' },
  batch: 128,
});

describe('a learning-rate range test', () => {
  it('trains from the initial weights at a rising rate until the loss runs away', async () => {
    const { readings, steepest, rises, diverged, suggestion } = await test();
    expect(readings.length).toBeLessThan(80);
    expect(readings[0].learningRate).toBeCloseTo(1e-5, 12);
    expect(readings.at(-1)!.learningRate).toBe(diverged);
    // Weights that hardly move: the first losses are those of the initial ones, about 64 · ln 2.
    expect(Math.abs(readings[0].loss / (64 * Math.LN2) - 1)).toBeLessThan(0.1);
    expect(rises!).toBeLessThan(diverged!);
    expect(suggestion).toBe(Math.min(steepest!, rises! / 10));
    // It is one that trains: a run of the same length at it gets far below the first loss, and at 10⁻⁵ it does not.
    const flat = (rate: number) => test({ from: rate, to: rate * (1 + 1e-6), steps: 60 });
    const [good, small] = [await flat(suggestion!), await flat(1e-5)];
    expect(good.readings.at(-1)!.smoothed).toBeLessThan(0.85 * readings[0].loss);
    expect(small.readings.at(-1)!.smoothed).toBeGreaterThan(0.95 * readings[0].loss);
  });

  it('suggests a rate at which 200 updates do as well as at a tenth and at ten times of it, within 5 %', async () => {
    const table = { recipe: tableRecipe, dataset: factorTable() };
    const { suggestion } = await test({ ...table, from: 1e-6, to: 10, steps: 100 });
    const trained = async (rate: number) => {
      const { readings } = await test({ ...table, from: rate, to: rate * (1 + 1e-6), steps: 200 });
      return readings.length < 200 ? Number.POSITIVE_INFINITY : readings.at(-1)!.smoothed;
    };
    const good = await trained(suggestion!);
    expect(good).toBeLessThan(1.05 * (await trained(suggestion! / 10)));
    expect(good).toBeLessThan(1.05 * (await trained(10 * suggestion!)));
  });

  it('gives the same numbers again, and the same whether batches are whole or accumulated', async () => {
    const short = { steps: 12, to: 1e-2 };
    const [first, again] = [await test(short), await test(short)];
    expect(again).toEqual(first);
    const parts = await test({
      ...short,
      recipe: tinyRecipe({ batch: 4, accumulate: 2 }),
      engine: 'reference',
    });
    parts.readings.forEach(({ loss }, i) => void expect(loss).toBeCloseTo(first.readings[i].loss, 2));
  });

  it('stops when asked', async () => {
    const controller = new AbortController();
    const onStep = (step: number) => void (step === 3 && controller.abort(new Error('enough')));
    await expect(test({ signal: controller.signal, onStep })).rejects.toThrow('enough');
  });

  it('ends after the signal where the data do not answer', async () => {
    const controller = new AbortController();
    const dataset = tinyDataset();
    const read = () => {
      setTimeout(() => controller.abort(new Error('enough')));
      return new Promise<void>(() => {});
    };
    const hanging = { ...dataset, train: { ...dataset.train, read } };
    await expect(test({ dataset: hanging, signal: controller.signal })).rejects.toThrow('enough');
  });

  it('says why where the data cannot be read', async () => {
    const dataset = tinyDataset();
    const reason = new TrainerError('bad-file', 'photos/3.png: not a picture.');
    const failing = { ...dataset, train: { ...dataset.train, read: () => Promise.reject(reason) } };
    await expect(test({ dataset: failing })).rejects.toBe(reason);
    await expect(test({ dataset: failing, signal: new AbortController().signal })).rejects.toBe(reason);
  });

  it.each([
    ['without a part to train on', { train: undefined }, 'bars: train.size is undefined'],
    ['of a kind that is none', { kind: 'video' }, 'bars: kind is video'],
  ])('refuses data %s, as training does', async (_, changes, message) => {
    const dataset = { ...tinyDataset(), ...changes } as Dataset;
    await expect(test({ dataset })).rejects.toMatchObject({
      code: 'bad-data',
      message: expect.stringContaining(message),
    });
  });

  it.each([
    [{ from: 1, to: 1 }, 'Rates from 1 to 1 are no range; give 0 < from < to.'],
    [{ from: 0 }, 'Rates from 0 to 1000 are no range; give 0 < from < to.'],
    [{ steps: 9 }, '9 updates are no test; give a whole number of at least 10.'],
  ])('refuses %j', async (changes, message) => {
    await expect(test(changes)).rejects.toMatchObject({ code: 'bad-option', message });
  });
});

describe('the drawing of a test', () => {
  it('is an SVG file with both lines and the suggestion', async () => {
    const found = await test();
    const svg = drawRates(found);
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 360 220"/);
    const lines = [...svg.matchAll(/<polyline class="(\w+)" points="([^"]*)"/g)];
    expect(lines.map(([, name]) => name)).toEqual(['raw', 'smoothed']);
    const finite = found.readings.filter(({ loss }) => Number.isFinite(loss)).length;
    for (const [, , points] of lines) {
      const places = points.split(' ').map((pair) => pair.split(',').map(Number));
      expect(places).toHaveLength(finite);
      expect(places.flat().every((at) => at >= 0 && at <= 360)).toBe(true);
    }
    expect(svg).toContain(`suggested ${found.suggestion!.toExponential(1)}`);
    expect(svg).not.toMatch(/NaN|undefined/);
  });

  it('has no mark where there is nothing to suggest', () => {
    const readings = [1, 2, 3].map((loss) => ({ learningRate: loss, loss, smoothed: loss }));
    expect(drawRates({ readings })).not.toContain('suggested');
  });
});
