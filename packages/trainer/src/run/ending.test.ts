import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RecipeInput } from '../recipe/recipe.js';
import { tinyDataset, tinyRecipe } from '../testing/tiny-training.js';
import { train } from './train.js';
import type { CheckpointInfo, EpochRecord, StepInfo, TrainOptions } from './types.js';

vi.mock('../engines/index.js', () => import('../testing/in-thread-engines.js'));

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'vae-ending-'));
});
afterEach(() => rm(root, { recursive: true }));

const data = { source: 'digits', binarize: 0.5, validation: 12 } as const;

async function run(recipe: Partial<RecipeInput>, options: Partial<TrainOptions> = {}) {
  const epochs: EpochRecord[] = [];
  const events = { onEpoch: (record: EpochRecord) => void epochs.push(record) };
  const dataset = tinyDataset();
  const result = await train({
    dataset,
    threads: 1,
    events,
    ...options,
    recipe: tinyRecipe(recipe),
    out: join(root, 'run'),
  });
  return { result, epochs };
}

/** A rate so large that the first epoch is the best one, and yet nothing overflows. */
const worsening = { optimizer: { type: 'sgd', learningRate: 0.3, clipNorm: 1 } } as const;

describe('training ends', () => {
  it('after so many epochs without a better bound, and exports the best', async () => {
    const { result, epochs } = await run({ data, epochs: 60, patience: 2, ...worsening });
    const bounds = epochs.map(({ validation }) => validation!.bound!);
    const best = bounds.indexOf(Math.max(...bounds));
    expect(result.ended).toBe('patience');
    expect(epochs).toHaveLength(best + 1 + 2);
    expect(result.validation!.bound).toBe(bounds[best]);
    expect(existsSync(result.model!)).toBe(true);
    // Asked to go on, it finds that it has ended already.
    const again = await run({ data, epochs: 60, patience: 2, ...worsening }, { resume: true });
    expect([again.result.ended, again.result.steps]).toEqual(['patience', result.steps]);
  });

  it('with the numbers of the weights that are the best, also where those are newer than the checkpoint', async () => {
    const early = join(root, 'early.zip');
    const last = join(root, 'run/checkpoints/last.zip');
    const keep = async ({ step, path }: CheckpointInfo) => void (step === 4 && (await cp(path, early)));
    const { result } = await run({ data, epochs: 4 }, { events: { onCheckpoint: keep } });
    // As a process leaves it that ends between the writing of the two.
    await cp(early, last);
    const still = { type: 'adam', learningRate: 1e-7 } as const;
    const again = await run({ data, epochs: 4, optimizer: still }, { resume: true });
    for (const { validation } of again.epochs)
      expect(validation!.bound).toBeLessThan(result.validation!.bound!);
    expect(again.result.validation).toEqual(result.validation);
  });

  it('at the time limit, with a model and a checkpoint to go on from', async () => {
    const limited = await run({ epochs: 1000 }, { timeLimit: 0 });
    expect([limited.result.ended, limited.result.steps]).toEqual(['time', 1]);
    expect(existsSync(limited.result.model!)).toBe(true);
    const rest = await run({ epochs: 1 }, { resume: true });
    expect([rest.result.ended, rest.result.steps]).toEqual(['steps', 6]);
  });

  it.each(['signal', 'time'] as const)(
    'with all its steps and a model where the %s comes after the last one',
    async (reason) => {
      const controller = new AbortController();
      const now = performance.now.bind(performance);
      let late = 0;
      const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + late);
      const onStep = ({ step }: StepInfo) => {
        if (step < 12) return;
        if (reason === 'signal') controller.abort();
        else late = 1e9;
      };
      const { result } = await run({}, { signal: controller.signal, timeLimit: 1e5, events: { onStep } });
      clock.mockRestore();
      expect(result).toMatchObject({ ended: 'steps', steps: 12, interrupted: false });
      expect(existsSync(result.model!)).toBe(true);
    },
  );

  it('with one checkpoint of a step, also where a signal comes just after it', async () => {
    const controller = new AbortController();
    const checkpoints: number[] = [];
    const onCheckpoint = ({ step }: CheckpointInfo) => {
      checkpoints.push(step);
      if (step === 4) controller.abort();
    };
    const { signal } = controller;
    const { result } = await run({}, { signal, checkpointEvery: 2, events: { onCheckpoint } });
    expect([result.ended, result.steps]).toEqual(['signal', 4]);
    expect(checkpoints).toEqual([2, 4]);
  });

  it('only by a validation part that there is', () => {
    expect(() => tinyRecipe({ patience: 3 })).toThrow(
      'tiny: "patience" needs a validation part to judge by. Add "validation" to "data", such as 0.1.',
    );
  });
});

describe('averaged weights', () => {
  it('are judged and exported, and training goes on with its own', async () => {
    const options = { epochs: 2 };
    const plain = await run(options, { overwrite: true });
    // Of decay 1e-9 the average is the last weights but for rounding, of 0.999 it lags behind them.
    const near = await run({ ...options, ema: 1e-9 }, { overwrite: true });
    const far = await run({ ...options, ema: 0.999 }, { overwrite: true });
    expect(near.result.test!.loss).toBeCloseTo(plain.result.test!.loss!, 4);
    for (const { result } of [near, far]) expect(result.train.loss).toBe(plain.result.train.loss);
    expect(far.result.test!.loss).toBeGreaterThan(plain.result.test!.loss! + 0.1);
  });
});
