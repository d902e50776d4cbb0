import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { OpenOptions } from '../data/dataset.js';
import { runTrain } from '../testing/run-train.js';
import { tinyRecipe } from '../testing/tiny-training.js';

// A signal comes while the data are read.
vi.mock('../data/open.js', async (original) => ({
  ...(await original<object>()),
  openDataset: async (_: string, { signal }: OpenOptions) => {
    process.emit('SIGINT', 'SIGINT');
    signal!.throwIfAborted();
  },
}));

let folder: string;
let recipe: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vae-stopped-'));
  recipe = join(folder, 'mine.json');
  await writeFile(recipe, JSON.stringify(tinyRecipe()));
});
afterEach(() => rm(folder, { recursive: true }));

it.each([
  ['train', []],
  ['find-lr', ['find-lr']],
  ['sweep', ['sweep', '--grid', 'latent=1,2']],
])('%s that is stopped before its first step gives one JSON object too', async (name, words) => {
  const out = name === 'find-lr' ? [] : ['--out', join(folder, 'out')];
  const { code, stdout, stderr } = await runTrain(...words, recipe, ...out, '--json');
  expect(code).toBe(130);
  expect(stderr).toContain('Stopped.');
  expect(JSON.parse(stdout)).toMatchObject({ interrupted: true });
});
