import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Dataset } from '../data/dataset.js';
import { tinyDataset, tinyRecipe } from '../testing/tiny-training.js';
import { loadCheckpoint } from './checkpoints/checkpoint.js';
import { train } from './train.js';
import type { TrainOptions } from './types.js';

vi.mock('../engines/index.js', () => import('../testing/in-thread-engines.js'));

let out: string;
beforeEach(async () => {
  out = join(await mkdtemp(join(tmpdir(), 'vae-data-')), 'run');
});
afterEach(() => rm(join(out, '..'), { recursive: true }));

const notes: string[] = [];
beforeEach(() => void notes.splice(0));

const runWith = (dataset: Dataset, options: Partial<TrainOptions> = {}) =>
  train({
    dataset,
    recipe: tinyRecipe(),
    threads: 1,
    log: [],
    out,
    events: { onNote: (note) => void notes.push(note) },
    ...options,
  });

/** A data set of which a part fails after some reads. */
function failingData(part: 'train' | 'test', reads: number, fail: () => void | Promise<void>): Dataset {
  const dataset = tinyDataset();
  const { size, read } = dataset[part]!;
  let left = reads;
  return {
    ...dataset,
    [part]: { size, read: (...given: Parameters<typeof read>) => (left-- > 0 ? read(...given) : fail()) },
  };
}

const lost = new Error('the store is gone');
const throws = () => {
  throw lost;
};

describe('data that fail', () => {
  it.each([
    ['at once', 'train', 5, throws, 5],
    ['as a promise', 'train', 9, () => Promise.reject(lost), 9],
    ['while an epoch is judged', 'test', 0, throws, 6],
  ] as const)('end the run, saved, with their own error: %s', async (_, part, reads, fail, steps) => {
    await expect(runWith(failingData(part, reads, fail))).rejects.toBe(lost);
    const last = await loadCheckpoint(join(out, 'checkpoints/last.zip'));
    expect(last!.progress.step).toBe(steps);
    expect(notes).toEqual([
      `The data set failed. The run is saved in ${out} after step ${steps}, without a model, and can be resumed.`,
    ]);
    const rest = await runWith(tinyDataset(), { resume: true });
    const straight = await runWith(tinyDataset(), { out: join(out, '../straight') });
    expect([rest.train, rest.test]).toEqual([straight.train, straight.test]);
  });

  it('before the first step leave the folder for another start', async () => {
    await expect(runWith(failingData('train', 0, throws))).rejects.toBe(lost);
    expect(existsSync(join(out, 'checkpoints/last.zip'))).toBe(false);
    expect((await runWith(tinyDataset())).steps).toBe(12);
  });

  it('by the system are said to be unreadable, whatever they are', async () => {
    const refusal = Object.assign(new Error("EACCES: permission denied, open '/photos/7.png'"), {
      code: 'EACCES',
      path: '/photos/7.png',
    });
    const refused = runWith(failingData('train', 3, () => Promise.reject(refusal)));
    await expect(refused).rejects.toMatchObject({
      name: 'TrainerError',
      code: 'bad-file',
      message: "Cannot read the data: permission denied (EACCES: permission denied, open '/photos/7.png').",
      cause: refusal,
    });
  });
});
