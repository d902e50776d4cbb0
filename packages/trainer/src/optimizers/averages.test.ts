import { describe, expect, it } from 'vitest';
import { evaluate } from '../engines/reference/index.js';
import { buildGraph } from '../graph/graph.js';
import { input, type Value } from '../graph/value.js';
import { difference } from '../testing/numbers-of.js';
import { averagedWeights, averageWeights } from './averages.js';

/** Feeds a row of weights one after another and gives what is kept of them. */
function follow(rows: readonly (readonly number[])[], decay: number) {
  const next = input('next', 'data', [2], '');
  const outputs: Record<string, Value> = {};
  const kept: Record<string, number[]> = {};
  averageWeights([{ name: 'w', next, shape: [2] }], decay, (name, shape, update) => {
    kept[name] = new Array(shape.length === 0 ? 1 : 2).fill(0);
    outputs[name] = update(input(name, 'state', shape, ''));
    return outputs[name];
  });
  const graph = buildGraph('averages', outputs, [next]);
  for (const row of rows)
    for (const [name, { data }] of Object.entries(evaluate(graph, { ...kept, next: row }, 1)))
      kept[name] = [...data];
  return Object.fromEntries(
    Object.entries(kept).map(([name, data]) => [name, { data: Float32Array.from(data), shape: [2] }]),
  );
}

describe('averaged weights', () => {
  const rows = [
    [1, -2],
    [3, 0],
    [-1, 4],
  ];

  it('weigh each step by the decay, and the shares sum to 1', () => {
    const decay = 0.8;
    // Σ decay^(T−t) θ_t / Σ decay^(T−t)
    const shares = rows.map((_, t) => decay ** (rows.length - 1 - t));
    const total = shares.reduce((sum, share) => sum + share, 0);
    const expected = [0, 1].map((i) => rows.reduce((sum, row, t) => sum + (shares[t] * row[i]) / total, 0));
    const last = { data: Float32Array.from(rows[2]), shape: [2] };
    const { w } = averagedWeights({ w: last, ...follow(rows, decay) });
    expect(difference(w.data, expected)).toBeLessThan(1e-6);
  });

  it('after one step are its weights', () => {
    const last = { data: Float32Array.from(rows[0]), shape: [2] };
    const { w } = averagedWeights({ w: last, ...follow(rows.slice(0, 1), 0.999) });
    expect(difference(w.data, rows[0])).toBeLessThan(1e-5);
  });

  it('are none where nothing was averaged', () => {
    const state = { w: { data: Float32Array.of(1, 2), shape: [2] } };
    expect(averagedWeights(state)).toEqual({});
    const before = { ...state, 'ema.w': { data: new Float32Array(2), shape: [2] } };
    const correction = { data: new Float32Array(1), shape: [] };
    expect(averagedWeights({ ...before, 'ema.correction': correction })).toEqual({});
  });
});
