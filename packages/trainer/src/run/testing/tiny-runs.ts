import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { RecipeInput } from '../../recipe/recipe.js';
import { tinyDataset, tinyRecipe } from '../../testing/tiny-training.js';
import { loadCheckpoint } from '../checkpoints/checkpoint.js';
import { train } from '../train.js';
import type { EpochRecord, TrainOptions } from '../types.js';

/** Steps of an epoch of the runs below. */
export const PER_EPOCH = 6;

export type Changes = Partial<Omit<TrainOptions, 'out' | 'recipe'>> & { recipe?: Partial<RecipeInput> };

let root: string;

/** Gives each test of a file a folder for its runs. */
export function useRunFolder(): void {
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'vae-train-'));
  });
  afterEach(() => rm(root, { recursive: true }));
}

export const at = (...path: string[]) => join(root, ...path);

/** Trains the tiny recipe, with changes, in a run of that name. */
export const runIn = (name: string, { recipe, ...options }: Changes = {}) =>
  train({ dataset: tinyDataset(), threads: 1, ...options, recipe: tinyRecipe(recipe), out: at(name) });

export const bytesOf = (name: string, file: string) => readFile(at(name, ...file.split('/')));

export const lastCheckpoint = async (name: string) =>
  (await loadCheckpoint(at(name, 'checkpoints', 'last.zip')))!;

export const logOf = async (name: string): Promise<Record<string, unknown>[]> =>
  String(await bytesOf(name, 'metrics.jsonl'))
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

export const stepsOf = async (name: string) => (await logOf(name)).filter(({ kind }) => kind === 'step');

/** Epochs of the log without what depends on the clock. */
export const epochsOf = async (name: string) =>
  ((await logOf(name)) as unknown as (EpochRecord & { kind: string })[])
    .filter(({ kind }) => kind === 'epoch')
    .map(({ seconds, samplesPerSecond, waited, ...rest }) => rest);
