import { describe, expect, it } from 'vitest';
import { buildPrograms, initialState } from '../../../programs.js';
import { everyLayer, largeDense, TINY_SHAPE, tinyRecipe } from '../../../testing/tiny-training.js';
import { dealOut, planStep } from './plan.js';

const partsOf = (model = everyLayer) => buildPrograms(tinyRecipe({ model }), TINY_SHAPE).train.parts!;
const convolutional = partsOf();
const dense = buildPrograms(tinyRecipe(), TINY_SHAPE).train.parts!;

describe('dealing a batch out', () => {
  it.each([
    // batch, threads → runs of rows
    [128, 1, 4, 32],
    [128, 2, 4, 32],
    [128, 3, 6, 22],
    [128, 16, 16, 8],
    [100, 2, 4, 25],
    [32, 1, 1, 32],
    [32, 2, 2, 16],
    [5, 8, 5, 1],
    [1, 2, 1, 1],
  ])('of %i over %i threads', (batch, threads, runs, rows) => {
    expect(dealOut(convolutional, batch, { threads, plain: true })).toEqual({
      members: Math.min(batch, threads),
      sessions: Math.min(batch, threads),
      threads: 1,
      rows,
      runs,
      runsPerRegion: 1,
    });
  });

  it('covers every sample once, every thread has as many runs, and gradients stay few', () => {
    for (const batch of [1, 7, 33, 500, 1000, 4096])
      for (const threads of [1, 2, 3, 8, 24]) {
        const { sessions, rows, runs, runsPerRegion } = dealOut(convolutional, batch, {
          threads,
          plain: true,
        });
        expect(rows * runs).toBeGreaterThanOrEqual(batch);
        expect(rows * runs - batch).toBeLessThan(runs);
        expect(rows).toBeLessThanOrEqual(32);
        expect((runs / runsPerRegion) % sessions).toBe(0);
        expect(runs / runsPerRegion).toBeLessThan(16 + sessions);
      }
  });

  it.each([
    // batch, threads → sessions, and threads of each
    [128, 1, 1, 1],
    [63, 2, 1, 2],
    [64, 2, 2, 1],
    [129, 3, 2, 1],
    [128, 8, 2, 4],
  ])(
    'halves %i samples of a small dense network over %i threads, if they are not too few',
    (batch, threads, sessions, each) => {
      const rows = Math.ceil(batch / sessions);
      expect(dealOut(dense, batch, { threads, plain: true })).toEqual({
        members: sessions,
        sessions,
        threads: each,
        rows,
        runs: sessions,
        runsPerRegion: 1,
      });
    },
  );

  it.each([
    // batch, threads, plain → threads that take part, sessions, and threads of each
    [128, 1, true, 1, 1, 1],
    [127, 2, true, 2, 1, 2],
    [128, 2, true, 2, 2, 1],
    [128, 8, true, 4, 2, 4],
    [128, 8, false, 1, 1, 8],
  ])(
    'halves more samples of a large one and divides its update, unless that takes copies: %i, %i threads, %s',
    (batch, threads, plain, members, sessions, each) => {
      expect(dealOut(partsOf(largeDense), batch, { threads, plain })).toEqual({
        members,
        sessions,
        threads: each,
        rows: Math.ceil(batch / sessions),
        runs: sessions,
        runsPerRegion: 1,
      });
    },
  );

  it.each([
    // units of a layer over 784 pixels and as many of the one behind it, batch → sessions
    [1000, 128, 2],
    [2048, 128, 1],
    [2048, 255, 1],
    [2048, 256, 2],
    [4096, 512, 1],
  ])(
    'halves the more samples the larger the network is: layers of %i units, %i samples',
    (units, batch, sessions) => {
      const layers = [{ type: 'dense', units }, 'relu', { type: 'dense', units }, 'relu'];
      const model = {
        latent: 8,
        encoder: ['flatten', ...layers],
        decoder: [...layers, { type: 'dense', units: 'data' }],
      };
      const parts = buildPrograms(tinyRecipe({ model }), [1, 28, 28]).train.parts!;
      expect(dealOut(parts, batch, { threads: 2, plain: true }).sessions).toBe(sessions);
    },
  );
});

describe('the plan', () => {
  it('can be sent to a thread and names what is fed and what comes back', () => {
    const programs = buildPrograms(tinyRecipe({ model: everyLayer }), TINY_SHAPE);
    const plan = planStep('train', programs.train, initialState(programs, 0), { threads: 2, plain: true })!;
    expect(structuredClone(plan)).toEqual(plan);
    expect(plan.feeds.map(({ name }) => name)).toEqual(
      programs.train.parts!.gradients.inputs.filter(({ role }) => role !== 'state').map(({ name }) => name),
    );
    expect([...plan.terms].sort()).toEqual(['bound', 'kl', 'loss', 'reconstruction']);
    expect(plan.feeds.find(({ name }) => name === 'x')).toEqual({
      name: 'x',
      batched: true,
      length: 8 * 64,
      dims: [4, 1, 8, 8],
    });
  });

  // 16 gradients of 512 samples, weights and moments: 19 arrays.
  it.each([
    [56_300_000, true],
    [56_600_000, false],
  ])('with %i weights fits in a memory of 4 GiB: %s', (weights, fits) => {
    const shape = [3, 64, 64];
    const decoder = [
      { type: 'dense', units: Math.round(weights / (16 + 1 + 12_288)) },
      { type: 'dense', units: 'data' },
    ];
    const encoder = [{ type: 'conv2d', filters: 1, kernel: 4, stride: 4, padding: 'valid' }, 'flatten'];
    const recipe = tinyRecipe({ model: { latent: 16, encoder, decoder }, batch: 512 });
    const { train, parameters, slots } = buildPrograms(recipe, shape);
    const shapes = [...[...parameters].map(([name, p]) => [name, p.shape] as const), ...slots];
    const state = Object.fromEntries(
      shapes.map(([name, s]) => [name, { shape: s, data: new Float32Array() }]),
    );
    expect(planStep('train', train, state, { threads: 2, plain: true }) !== undefined).toBe(fits);
  });
});
