import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Split } from '../data/dataset.js';
import { tinyDataset, tinyRecipe } from '../testing/tiny-training.js';
import { loadCheckpoint } from './checkpoints/checkpoint.js';
import { train } from './train.js';
import type { EpochRecord, StepInfo, TrainEvents, TrainOptions } from './types.js';

vi.mock('../engines/index.js', () => import('../testing/in-thread-engines.js'));

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'vae-listeners-'));
});
afterEach(() => rm(root, { recursive: true }));

const runWith = (events: TrainEvents, options: Partial<TrainOptions> = {}) =>
  train({
    dataset: tinyDataset(),
    threads: 1,
    recipe: tinyRecipe(),
    out: join(root, 'run'),
    events,
    ...options,
  });

const saved = async () => (await loadCheckpoint(join(root, 'run', 'checkpoints', 'last.zip')))?.progress;

describe('listeners', () => {
  it('hear every term at every step, every epoch with its code, and every checkpoint', async () => {
    const steps: StepInfo[] = [];
    const epochs: EpochRecord[] = [];
    const checkpoints: { step: number; there: boolean }[] = [];
    await runWith({
      onStep: (info) => void steps.push(info),
      onEpoch: (record) => void epochs.push(record),
      onCheckpoint: ({ step, path }) => void checkpoints.push({ step, there: existsSync(path) }),
    });
    expect(steps.map(({ step, epoch }) => [step, epoch])).toEqual(
      Array.from({ length: 12 }, (_, i) => [i + 1, i < 6 ? 1 : 2]),
    );
    for (const { terms, loss } of steps) {
      expect(Object.keys(terms).sort()).toEqual(['bound', 'gradientNorm', 'kl', 'loss', 'reconstruction']);
      expect(terms.loss).toBe(loss);
    }
    expect(checkpoints).toEqual([
      { step: 6, there: true },
      { step: 12, there: true },
    ]);
    expect(epochs.map(({ klPerDimension }) => klPerDimension!.length)).toEqual([2, 2]);
    for (const { klPerDimension, activeUnits, test } of epochs) {
      expect(activeUnits).toBeLessThanOrEqual(2);
      // The mean KL of the same 20 samples, of which one draw a sample was taken: the closed form has no noise.
      expect(klPerDimension!.reduce((sum, kl) => sum + kl, 0)).toBeCloseTo(test!.kl!, 3);
    }
  });

  it('change nothing but what they were handed', async () => {
    const data = { source: 'bars', binarize: 0.5, validation: 10 } as const;
    const runIn = (name: string, events: TrainEvents) =>
      train({
        dataset: tinyDataset(),
        engine: 'reference',
        log: [],
        recipe: tinyRecipe({ data }),
        out: join(root, name),
        events,
      });
    const straight = await runIn('straight', {});
    const onEpoch = (record: Record<string, unknown>) => {
      record.train = null;
      record.epoch = 77;
      Object.assign(record.validation as object, { bound: Number.POSITIVE_INFINITY });
      Object.assign(record.test as object, { bound: 1 });
    };
    const onStep = ({ terms }: StepInfo) => void Object.assign(terms, { loss: Number.NaN });
    const {
      train: trained,
      validation,
      test,
    } = await runIn('meddled', {
      onEpoch: onEpoch as unknown as TrainEvents['onEpoch'],
      onStep,
    });
    expect({ train: trained, validation, test }).toEqual({
      train: straight.train,
      validation: straight.validation,
      test: straight.test,
    });
  });

  it('are waited for', async () => {
    let under = 0;
    let most = 0;
    await runWith({
      onStep: async () => {
        most = Math.max(most, ++under);
        await new Promise((resolve) => setTimeout(resolve, 5));
        under--;
      },
    });
    expect([most, under]).toEqual([1, 0]);
  });

  it.each(['onStep', 'onEpoch', 'onCheckpoint'] as const)(
    'that fail end the run, saved, with their own error as the cause: %s',
    async (name) => {
      const cause = new Error('the disk of my own log is full');
      const later: string[] = [];
      const fail = async () => Promise.reject(cause);
      const events = { onEpoch: () => void later.push('epoch'), [name]: fail };
      await expect(runWith(events)).rejects.toMatchObject({
        name: 'TrainerError',
        code: 'callback-failed',
        cause,
        message: expect.stringMatching(
          new RegExp(
            `^The listener ${name} failed: the disk of my own log is full\\. The run is saved in .*run after step \\d+, and can be resumed\\.$`,
          ),
        ),
      });
      const progress = await saved();
      expect(progress!.step).toBe(name === 'onStep' ? 1 : 6);
      if (name === 'onStep') expect(later).toEqual([]);
      const straight = await train({
        dataset: tinyDataset(),
        threads: 1,
        recipe: tinyRecipe(),
        out: join(root, 'straight'),
      });
      const resumed = await runWith({}, { resume: true });
      expect(resumed.train).toEqual(straight.train);
      expect(resumed.test).toEqual(straight.test);
    },
  );

  it('that fail at the start leave nothing trained', async () => {
    const onStart = () => {
      throw 'not an Error';
    };
    await expect(runWith({ onStart })).rejects.toMatchObject({
      code: 'callback-failed',
      message: 'The listener onStart failed: not an Error.',
    });
    expect(await saved()).toBeUndefined();
  });

  describe('that fail at a note', () => {
    const note = new Error('no terminal');
    const onNote = {
      'at once': () => {
        throw note;
      },
      'in the end': () => Promise.reject(note),
    };

    it.each(Object.entries(onNote))('%s, before training begins', async (_, onNote) => {
      // That there is no checkpoint is a note.
      await expect(runWith({ onNote }, { resume: true })).rejects.toMatchObject({
        code: 'callback-failed',
        message: 'The listener onNote failed: no terminal.',
        cause: note,
      });
      expect(await saved()).toBeUndefined();
    });

    it.each(Object.entries(onNote))('%s, after the run has ended in its own way', async (_, onNote) => {
      const controller = new AbortController();
      const dataset = tinyDataset();
      let reads = 0;
      const read: Split['read'] = (...given) => {
        return ++reads < 5 ? dataset.train.read(...given) : new Promise(() => {});
      };
      // Once the data of the next step are waited for
      const onStep = ({ step }: StepInfo) => void (step === 4 && setTimeout(() => controller.abort(), 5));
      const hanging = { ...dataset, train: { ...dataset.train, read } };
      const ended = runWith({ onNote, onStep }, { dataset: hanging, signal: controller.signal });
      const out = join(root, 'run');
      await expect(ended).rejects.toMatchObject({
        code: 'callback-failed',
        message: `The listener onNote failed: no terminal. The run is saved in ${out} after step 4, and can be resumed.`,
        cause: note,
      });
      expect((await saved())!.step).toBe(4);
      expect(await readFile(join(out, 'run.json'), 'utf8')).toContain('"ended": "signal"');
    });
  });
});
