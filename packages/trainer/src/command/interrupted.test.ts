import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { TrainOptions } from '../run/types.js';
import { runTrain } from '../testing/run-train.js';
import { tinyRecipe } from '../testing/tiny-training.js';

// A run whose data set does not answer: what comes back then, after a signal where the test sends one.
let signal: NodeJS.Signals | undefined;
vi.mock('../run/train.js', () => ({
  train: async ({ out }: TrainOptions) => {
    if (signal) process.emit(signal, signal);
    return { out, model: null, interrupted: true, ended: signal ? 'signal' : 'time', train: {}, steps: 3 };
  },
}));

let folder: string;
let recipe: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vae-interrupted-'));
  recipe = join(folder, 'mine.json');
  await writeFile(recipe, JSON.stringify(tinyRecipe()));
});
afterEach(() => rm(folder, { recursive: true }));

it.each([
  [undefined, 2],
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('a run that ended without a model is not a success: %s exits with %i', async (sent, expected) => {
  signal = sent;
  const run = await runTrain(recipe, '--out', join(folder, 'run'));
  expect(run.stderr).toContain('Stopped with a checkpoint. Go on with: vae-train --resume ');
  expect(run.stderr.includes('Another signal (Ctrl-C) ends the process at once.')).toBe(sent !== undefined);
  expect(run.code).toBe(expected);
  const sweep = await runTrain('sweep', recipe, '--grid', 'latent=1,2', '--out', join(folder, 'sweep'));
  expect(sweep.stderr).toContain('Stopped. Go on with the same command and --out ');
  expect(sweep.code).toBe(expected);
});
