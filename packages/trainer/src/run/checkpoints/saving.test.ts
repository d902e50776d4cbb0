import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { tinyDataset, tinyRecipe } from '../../testing/tiny-training.js';
import { train } from '../train.js';
import type { EpochRecord } from '../types.js';
import { loadCheckpoint } from './checkpoint.js';

vi.mock('../../engines/index.js', () => import('../../testing/in-thread-engines.js'));

let out: string;
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), 'vae-pace-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(out, { recursive: true });
});

/** Trains while the clock goes so many times as fast as it does, up to a signal after a step. */
async function trainAt(pace: number, stopAfter?: number) {
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => pace * now());
  const controller = new AbortController();
  const written: [name: string, step: number][] = [];
  const epochs: EpochRecord[] = [];
  const data = { source: 'digits', binarize: 0.5, validation: 12 } as const;
  const recipe = tinyRecipe({ data, epochs: 5, optimizer: { type: 'sgd', learningRate: 0.3, clipNorm: 1 } });
  const result = await train({
    recipe,
    dataset: tinyDataset(),
    out,
    threads: 1,
    signal: controller.signal,
    events: {
      onCheckpoint: ({ path, step }) => void written.push([basename(path, '.zip'), step]),
      onEpoch: (record) => void epochs.push(record),
      onStep: ({ step }) => step === stopAfter && controller.abort(),
    },
  });
  const bounds = epochs.map(({ validation }) => validation!.bound!);
  const best = epochs[bounds.indexOf(Math.max(...bounds))];
  return { result, written, epochs, best };
}
const load = (name: string) => loadCheckpoint(join(out, 'checkpoints', `${name}.zip`));

it('writes a checkpoint after each epoch', async () => {
  const { written, epochs } = await trainAt(1e6);
  expect(written.filter(([name]) => name === 'last')).toEqual(epochs.map(({ step }) => ['last', step]));
});

it('writes none twice a second after short epochs, and exports the best of them', async () => {
  const { result, written, epochs, best } = await trainAt(1e-6);
  expect(written.filter(([name]) => name === 'last')).toEqual([
    ['last', epochs[0].step],
    ['last', epochs.at(-1)!.step],
  ]);
  expect((await load('best'))!.progress.step).toBe(best.step);
  expect(result.validation).toEqual(best.validation);
});

it('has all of it on the disk when it is stopped', async () => {
  const { written, epochs, best } = await trainAt(1e-6, 17);
  expect(epochs.length).toBeGreaterThan(2);
  expect(written.at(-1)).toEqual(['last', 17]);
  expect((await load('best'))!.progress.step).toBe(best.step);
  expect((await load('last'))!.progress.best).toMatchObject({ step: best.step });
});
