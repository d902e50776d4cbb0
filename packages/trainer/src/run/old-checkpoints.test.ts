import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tinyDataset, tinyRecipe } from '../testing/tiny-training.js';
import { loadCheckpoint } from './checkpoints/checkpoint.js';
import made from './testing/old-checkpoints/made.json' with { type: 'json' };
import recipes from './testing/old-checkpoints/recipes.json' with { type: 'json' };
import { train } from './train.js';
import type { EpochRecord, TrainOptions } from './types.js';

// Float16 asks for a GPU, and what is tested here is its state.
vi.mock('../engines/precision.js', () => ({ requirePrecision: () => {} }));

const fixtures = join(import.meta.dirname, 'testing/old-checkpoints');
const all = Object.entries(made);

let out: string;
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), 'vae-old-'));
});
afterEach(() => rm(out, { recursive: true }));

/** Goes on with a copy of what an earlier version left. */
async function goOn(which: string, { steps, without }: { steps: number; without?: string }) {
  await cp(join(fixtures, which), out, { recursive: true });
  if (without) await rm(join(out, without));
  const epochs: EpochRecord[] = [];
  const notes: string[] = [];
  const options: TrainOptions = {
    recipe: tinyRecipe(recipes[which.split('/')[1] as keyof typeof recipes] as object),
    dataset: tinyDataset(),
    out,
    engine: 'reference',
    resume: true,
    log: [],
    steps,
    events: { onEpoch: (record) => void epochs.push(record), onNote: (text) => void notes.push(text) },
  };
  const result = await train(options);
  return { result, epochs, notes };
}

describe.each(all)('the checkpoint %s of an earlier version', (which, { steps, testLoss }) => {
  it('loads', async () => {
    const { progress, state } = (await loadCheckpoint(join(fixtures, which, 'checkpoints/last.zip')))!;
    expect(progress.step).toBe(steps);
    expect(Object.keys(state)).toContain('adam.correction1');
    expect(Object.keys(state).some((name) => name.startsWith('lossScale'))).toBe(which.endsWith('/float16'));
  });

  it('holds weights that are judged as they were', async () => {
    // Without its log nothing is known of the last epoch, so it is judged anew.
    const { epochs } = await goOn(which, { steps, without: 'metrics.jsonl' });
    expect(epochs).toHaveLength(1);
    expect(epochs[0].test!.loss).toBeCloseTo(testLoss, 5);
  });

  it('is gone on from', async () => {
    const { result, notes } = await goOn(which, { steps: steps + 20 });
    expect(result).toMatchObject({ steps: steps + 20, ended: 'steps' });
    expect(result.test!.loss).toBeLessThan(testLoss - 0.5);
    expect(notes.join()).not.toContain('afresh');
    const { progress } = (await loadCheckpoint(join(out, 'checkpoints/last.zip')))!;
    expect(progress).toMatchObject({ step: steps + 20, dataset: 'bars' });
    expect(await readdir(join(out, 'vae'))).toContain('vae.json');
  });
});

const withBest = all.filter(([which]) => which.endsWith('/best'));

it.each(withBest)('the checkpoint %s knows which epoch was the best', async (which, { steps }) => {
  const lines = (await readFile(join(fixtures, which, 'metrics.jsonl'), 'utf8')).trim().split('\n');
  const records = lines.map((line) => JSON.parse(line) as EpochRecord & { kind: string });
  const bounds = records.filter(({ kind }) => kind === 'epoch').map(({ validation }) => validation!.bound!);
  const { result } = await goOn(which, { steps });
  expect(result.validation!.bound).toBe(Math.max(...bounds));
});
