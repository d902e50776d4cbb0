import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Engine, Feeds } from '../engines/engine.js';
import { tinyDataset, tinyRecipe } from '../testing/tiny-training.js';
import { train } from './train.js';

const sizes: number[] = [];

/** The reference engine, three updates at a time. */
const inGroups = (engine: Engine): Engine => ({
  name: engine.name,
  compile: async (programs, state, options) => {
    const compiled = await engine.compile(programs, state, options);
    const run = async (program: string, feeds: readonly Feeds[]) => {
      sizes.push(feeds.length);
      const results = [];
      for (const one of feeds) results.push(await compiled.run(program, one));
      return results;
    };
    return {
      description: compiled.description,
      versions: compiled.versions,
      group: { size: 3, run },
      run: (program, feeds) => compiled.run(program, feeds),
      readState: () => compiled.readState(),
      writeState: (next) => compiled.writeState(next),
      dispose: () => compiled.dispose(),
    };
  },
});

// The name of another engine stands for the grouped one.
vi.mock('../engines/index.js', async (original) => {
  const { engines } = await original<typeof import('../engines/index.js')>();
  return { engines: { ...engines, tfjs: async () => inGroups(await engines.reference()) } };
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vae-groups-'));
  sizes.length = 0;
});
afterEach(() => rm(folder, { recursive: true }));

const lines = async (out: string, kind: string) =>
  (await readFile(join(out, 'metrics.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter((record) => record.kind === kind);

async function trained(engine: 'reference' | 'tfjs', recipe = tinyRecipe()) {
  const out = join(folder, engine);
  const checkpoints: number[] = [];
  const steps: number[] = [];
  const events = {
    onStep: ({ step }: { step: number }) => void steps.push(step),
    onCheckpoint: ({ step }: { step: number }) => void checkpoints.push(step),
  };
  const result = await train({
    recipe,
    dataset: tinyDataset(),
    out,
    engine,
    steps: 10,
    logEvery: 1,
    checkpointEvery: 5,
    events,
  });
  return { result, checkpoints, steps, records: await lines(out, 'step') };
}

describe('an engine that takes several updates at once', () => {
  it('trains to the same numbers, and ends groups where an epoch or a checkpoint is due', async () => {
    const [single, grouped] = [await trained('reference'), await trained('tfjs')];
    expect(grouped.records).toEqual(single.records);
    expect(grouped.records).toHaveLength(10);
    expect(grouped.steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(grouped.result.test).toEqual(single.result.test);
    expect(grouped.checkpoints).toEqual(single.checkpoints);
    // Six batches in an epoch, a checkpoint after the fifth and the tenth step; the first batches tell how long a step takes.
    let last = 0;
    const ends = sizes.map((size) => {
      last += size;
      return last;
    });
    expect(ends).toEqual(expect.arrayContaining([1, 5, 6, 10]));
    expect(ends.at(-1)).toBe(10);
    expect(Math.max(...sizes)).toBe(3);
  });

  it('names the step whose loss is not a number, inside a group', async () => {
    const wild = tinyRecipe({ optimizer: { type: 'sgd', learningRate: 1e30 } });
    const [single, grouped] = await Promise.allSettled([trained('reference', wild), trained('tfjs', wild)]);
    expect(single).toMatchObject({ status: 'rejected', reason: { code: 'not-a-number' } });
    const message = (settled: PromiseSettledResult<unknown>) =>
      (settled as PromiseRejectedResult).reason.message as string;
    expect(message(grouped)).toBe(message(single));
    expect(message(grouped)).toMatch(/became (NaN|Infinity|-Infinity) at step 2 /);
  });
});
