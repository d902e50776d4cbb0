import { describe, expect, it, vi } from 'vitest';
import { buildPrograms } from '../programs.js';
import { conditional, everyLayer, TINY_SHAPE, tinyDataset, tinyRecipe } from '../testing/tiny-training.js';
import { makeFeeds } from './feeder.js';

const recipe = tinyRecipe({
  model: everyLayer,
  objective: { type: 'betaVae', beta: { type: 'linear', from: 0, to: 1, steps: 10 } },
});
const { train, evaluate } = buildPrograms(recipe, TINY_SHAPE);
const base = {
  program: train,
  split: tinyDataset().train,
  itemSize: 64,
  binarize: 'dynamic' as const,
  seed: 5,
};
const MASK = 'encoder.4-dropout.mask';

/** What one row of a batch is fed, by input name. */
const rowOf = (feeds: Readonly<Record<string, Float32Array>>, row: number, rows: number) =>
  Object.fromEntries(
    ['x', 'eps', MASK].map((name) => {
      const width = feeds[name].length / rows;
      return [name, feeds[name].slice(row * width, (row + 1) * width)];
    }),
  );

describe('what a run is fed', () => {
  it('for one sample does not depend on its batch, nor on its place in it', async () => {
    const at = { step: 4, visit: 4 };
    const [alone, among, padded] = await Promise.all([
      makeFeeds(base, { ...at, indices: [7] }, 1),
      makeFeeds(base, { ...at, indices: [3, 0, 7, 12] }, 4),
      makeFeeds(base, { ...at, indices: [3, 7] }, 6),
    ]);
    expect(rowOf(among, 2, 4)).toEqual(rowOf(alone, 0, 1));
    expect(rowOf(padded, 1, 6)).toEqual(rowOf(alone, 0, 1));
    expect(rowOf(among, 0, 4)).not.toEqual(rowOf(among, 2, 4));
  });

  it('is the same in arrays that hold another batch', async () => {
    const at = { step: 4, visit: 4 };
    const lent = await makeFeeds(base, { step: 3, visit: 3, indices: [1, 2, 3, 4, 5, 6] }, 6);
    const expected = await makeFeeds(base, { ...at, indices: [3, 7] }, 6);
    const found = await makeFeeds(base, { ...at, indices: [3, 7] }, 6, { arrays: lent });
    expect(found).toEqual(expected);
    for (const [name, array] of Object.entries(found)) expect(array).toBe(lent[name]);
  });

  it('has a row for the class of each sample of a conditional recipe, and zeros where the batch is filled up', async () => {
    const programs = buildPrograms(tinyRecipe({ model: conditional }), TINY_SHAPE, 3);
    const options = {
      ...base,
      split: { ...base.split, label: (index: number) => index % 3 },
    };
    for (const program of [programs.train, programs.evaluate]) {
      const at = { step: 0, visit: 0, indices: [3, 7, 5] };
      // Room that holds another batch.
      const loan = { arrays: { label: new Float32Array(15).fill(9) } };
      const { label } = await makeFeeds({ ...options, program }, at, 5, loan);
      expect(label).toBe(loan.arrays.label);
      expect([...label]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    }
    expect(await makeFeeds(base, { step: 0, visit: 0, indices: [3] }, 1)).not.toHaveProperty('label');
  });

  it('has no noise where the engine draws it, which is told whose', async () => {
    const at = { step: 4, visit: 9, indices: [3, 7] };
    const { [MASK]: _, eps, ...expected } = await makeFeeds(base, at, 6);
    const drawFor = vi.fn();
    expect(await makeFeeds(base, at, 6, { arrays: {}, drawFor })).toEqual(expected);
    expect(drawFor.mock.calls).toEqual([[{ seed: 5, step: 9, indices: [3, 7] }]]);
  });

  it('is drawn anew for another visit, seed or purpose, each noise from its own stream', async () => {
    const draw = async (changes: { seed?: number; purpose?: string; visit?: number }) => {
      const { visit = 0, ...options } = changes;
      return (await makeFeeds({ ...base, ...options }, { step: 0, visit, indices: [1] }, 1)).eps;
    };
    const draws = [
      await draw({}),
      await draw({ visit: 1 }),
      await draw({ seed: 6 }),
      await draw({ purpose: 'test/' }),
    ];
    expect(new Set(draws.map(String)).size).toBe(4);
    expect(await draw({})).toEqual(draws[0]);
  });

  it('has masks of 0 and 1/keep, as many of them as kept', async () => {
    const indices = Array.from({ length: 44 }, (_, i) => i);
    const mask = (await makeFeeds(base, { step: 0, visit: 0, indices }, 44))[MASK];
    expect(new Set(mask)).toEqual(new Set([0, 1.25]));
    const kept = mask.filter((value) => value > 0).length / mask.length;
    expect(Math.abs(kept - 0.8)).toBeLessThan(5 * Math.sqrt((0.8 * 0.2) / mask.length));
  });

  it('has scheduled numbers of the step, whatever the visit', async () => {
    const feeds = await makeFeeds(base, { step: 5, visit: 99, indices: [0] }, 1);
    expect([feeds.beta, feeds.learningRate]).toEqual([Float32Array.of(0.5), Float32Array.of(0.01)]);
  });

  it('is all that the program asks for, and no more', async () => {
    for (const program of [train, evaluate]) {
      const feeds = await makeFeeds({ ...base, program }, { step: 0, visit: 0, indices: [0] }, 1);
      const asked = program.graph.inputs.filter(({ role }) => role !== 'state').map(({ name }) => name);
      expect(Object.keys(feeds).sort()).toEqual(asked.sort());
    }
  });

  it('spends no noise on padding', async () => {
    const feeds = await makeFeeds(base, { step: 0, visit: 0, indices: [1] }, 3);
    for (const values of Object.values(rowOf(feeds, 2, 3)))
      expect(values.every((value) => value === 0)).toBe(true);
    expect([...feeds.weight]).toEqual([1, 0, 0]);
  });
});
