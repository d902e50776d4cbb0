import { describe, expect, it } from 'vitest';
import { gradients } from '../../autodiff/gradients.js';
import { buildGraph } from '../../graph/graph.js';
import { input } from '../../graph/value.js';
import { add, expand, mul, reshape, square, sub, sumAll } from '../../ops/index.js';
import { batchOf, type Program } from '../engine.js';
import { referenceEngine } from './index.js';

const x = input('x', 'data', ['N', 2], 'Rows of two.');
const w = input('w', 'state', [2], 'Weight.');
const rate = input('rate', 'scalar', [], 'Learning rate.');

/** One step of gradient descent on Σ (x − w)². */
const loss = sumAll(square(sub(x, w)));
const train: Program = {
  graph: buildGraph('train', { loss, 'w/next': sub(w, mul(rate, gradients(loss, [w])[0])) }),
  updates: new Map([['w', 'w/next']]),
};
const look: Program = { graph: buildGraph('look', { twice: add(w, w) }), updates: new Map() };
const start = { w: { data: Float32Array.of(1, -1), shape: [2] } };
const feeds = { x: Float32Array.of(0, 0, 2, 4), rate: Float32Array.of(0.25) };

describe('the reference engine', () => {
  it('carries the state from step to step and hands out the rest', async () => {
    const compiled = await referenceEngine.compile({ train, look }, start);
    // Loss: (0−1)² + (0+1)² + (2−1)² + (4+1)² = 28; gradient of w: 2·(2w − Σx) = (0, −12)
    expect(await compiled.run('train', feeds)).toEqual({ loss: Float32Array.of(28) });
    expect((await compiled.readState()).w).toEqual({ data: Float32Array.of(1, 2), shape: [2] });
    // 1 + 4 + 1 + 4 = 10, at the least point of both columns
    expect(await compiled.run('train', feeds)).toEqual({ loss: Float32Array.of(10) });
    expect(await compiled.run('look', {})).toEqual({ twice: Float32Array.of(2, 4) });
    await compiled.dispose();
  });

  it('neither shares its state nor takes over the one it was given', async () => {
    const given = { w: { data: Float32Array.of(1, 2), shape: [2] } };
    const compiled = await referenceEngine.compile({ look }, given);
    given.w.data[0] = 99;
    (await compiled.readState()).w.data[1] = 99;
    expect(await compiled.run('look', {})).toEqual({ twice: Float32Array.of(2, 4) });
    await compiled.writeState({ w: { data: Float32Array.of(5, 6), shape: [2] } });
    expect(await compiled.run('look', {})).toEqual({ twice: Float32Array.of(10, 12) });
  });

  it('says what it is', async () => {
    expect((await referenceEngine.compile({}, {})).description).toBe('reference (float64 loops)');
  });
});

describe('the batch of a run', () => {
  const spread = expand(reshape(x, ['N', 1, 2]), ['N', 3, 2]);
  const program = { graph: buildGraph('g', { spread }, [w, x]), updates: new Map<string, string>() };

  it('is read off a fed input, or fixed, or 1', () => {
    expect(batchOf(program, { x: new Float32Array(10) })).toBe(5);
    expect(batchOf({ ...program, batch: 7 }, { x: new Float32Array(10) })).toBe(7);
    expect(batchOf(program, { w: new Float32Array(2) })).toBe(1);
  });
});
