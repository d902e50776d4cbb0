import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Split } from '../data/dataset.js';
import type { Engine, Feeds } from '../engines/engine.js';
import { tinyDataset, tinyRecipe } from '../testing/tiny-training.js';
import { train } from './train.js';
import type { TrainOptions } from './types.js';

const sizes: number[] = [];
let underWay = 0;
let mostUnderWay = 0;

/** The reference engine, three updates at a time, which takes its time; nobody may look at its state meanwhile. */
const inGroups = (engine: Engine): Engine => ({
  name: engine.name,
  compile: async (programs, state, options) => {
    const compiled = await engine.compile(programs, state, options);
    const steps = async (program: string, feeds: readonly Feeds[]) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      sizes.push(feeds.length);
      const results = [];
      for (const one of feeds) results.push(await compiled.run(program, one));
      return results;
    };
    let last: Promise<unknown> = Promise.resolve();
    const run = (program: string, feeds: readonly Feeds[]) => {
      underWay++;
      mostUnderWay = Math.max(mostUnderWay, underWay);
      const results = last.then(() => steps(program, feeds)).finally(() => underWay--);
      last = results.catch(() => {});
      return results;
    };
    return {
      description: compiled.description,
      versions: compiled.versions,
      group: { size: 3, run },
      run: (program, feeds) => compiled.run(program, feeds),
      readState: () => {
        expect(underWay).toBe(0);
        return compiled.readState();
      },
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
  mostUnderWay = 0;
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
    expect(mostUnderWay).toBe(2);
  });

  it.each([1, 2, 4, 5, 6, 7])('stops after step %d was seen, and goes on as if it had not', async (seen) => {
    const single = await trained('reference');
    const out = join(folder, 'stopped');
    const [stop, steps] = [new AbortController(), [] as number[]];
    const onStep = ({ step }: { step: number }) => {
      steps.push(step);
      if (step === seen) stop.abort();
    };
    const common = {
      recipe: tinyRecipe(),
      dataset: tinyDataset(),
      out,
      engine: 'tfjs',
      steps: 10,
      logEvery: 1,
    } as const;
    const first = await train({ ...common, events: { onStep }, signal: stop.signal });
    // After the last step nothing is left to stop.
    expect(first.ended).toBe(first.steps === 10 ? 'steps' : 'signal');
    expect(steps).toEqual(Array.from({ length: first.steps }, (_, i) => i + 1));
    // What was asked for already is done, and the end of an epoch, after step 6, is waited for.
    expect(first.steps).toBeLessThanOrEqual(seen <= 6 ? 6 : 10);
    const whole = await train({ ...common, resume: true });
    // The reference engine computes in float64, checkpoints are float32.
    expect(whole.test!.bound).toBeCloseTo(single.result.test!.bound!, 5);
    const losses = (records: { step: number; loss: number }[]) =>
      records.map(({ step, loss }) => [step, loss]);
    const [found, wanted] = [losses(await lines(out, 'step')), losses(single.records)];
    expect(found.map(([step]) => step)).toEqual(wanted.map(([step]) => step));
    for (const [i, [, loss]] of found.entries()) expect(loss).toBeCloseTo(wanted[i][1], 5);
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

  const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  /** Reads that begin after the run was to end, where the data are quick at first. */
  async function lateReads(options: Partial<TrainOptions>, slowAfter: number) {
    const dataset = tinyDataset({ test: 0 });
    const { read } = dataset.train;
    let [reads, late, isOver] = [0, 0, false];
    const slow: Split['read'] = async (...given) => {
      if (isOver || options.signal?.aborted) late++;
      if (++reads > slowAfter) await sleep(20);
      await read(...given);
    };
    const ended = train({
      recipe: tinyRecipe(),
      dataset: { ...dataset, train: { ...dataset.train, read: slow } },
      out: join(folder, 'late'),
      engine: 'tfjs',
      log: [],
      ...options,
    });
    await ended.catch(() => {});
    isOver = true;
    await sleep(100);
    return { ended, late };
  }

  it('reads nothing more after a signal, also inside a group', async () => {
    const stop = new AbortController();
    const onStep = ({ step }: { step: number }) => void (step === 7 && setTimeout(() => stop.abort(), 5));
    const { ended, late } = await lateReads({ steps: 30, signal: stop.signal, events: { onStep } }, 7);
    expect((await ended).ended).toBe('signal');
    expect(late).toBe(0);
  });

  it('reads nothing more after a failure', async () => {
    const wild = tinyRecipe({ optimizer: { type: 'sgd', learningRate: 1e30 } });
    const { ended, late } = await lateReads({ recipe: wild }, 2);
    await expect(ended).rejects.toMatchObject({ code: 'not-a-number' });
    expect(late).toBe(0);
  });
});
