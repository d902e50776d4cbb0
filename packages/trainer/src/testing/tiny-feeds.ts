import type { Feeds } from '../engines/engine.js';
import { buildPrograms } from '../programs.js';
import type { Recipe } from '../recipe/recipe.js';
import { batches } from '../run/batches.js';
import { TINY_SHAPE, tinyDataset } from './tiny-training.js';

/** What the training steps of a recipe are fed from the tiny data set; every sixth batch of 8 is a short one. */
export async function tinyFeeds(recipe: Recipe, toStep: number, fromStep = 0): Promise<Feeds[]> {
  const { train: program } = buildPrograms(recipe, TINY_SHAPE, 2);
  const { train: split } = tinyDataset();
  const feeding = { program, split, itemSize: 64, binarize: 0.5, seed: recipe.seed } as const;
  const found: Feeds[] = [];
  for await (const { feeds } of batches(feeding, { rows: recipe.batch, fromStep, toStep })) found.push(feeds);
  return found;
}
