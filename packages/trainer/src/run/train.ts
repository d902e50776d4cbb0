import { fileError } from '../files/file-error.js';
import { parseRecipe } from '../recipe/recipe.js';
import { Listeners } from './listeners.js';
import { openRun } from './open.js';
import { requireOptions } from './options.js';
import { Run } from './run.js';
import type { TrainOptions, TrainResult } from './types.js';

/** A length that was asked for becomes part of the recipe, and so of the run folder. */
const withLength = ({ steps, recipe, ...options }: TrainOptions): TrainOptions => ({
  ...options,
  recipe: parseRecipe(steps === undefined ? recipe : { ...recipe, steps }, 'train: recipe'),
});

/**
 * Trains a recipe on a data set and leaves a run folder: metrics, pictures, checkpoints, report and the exported
 * model.
 *
 * @returns losses and bounds in nats per sample, averaged over samples
 * @throws TrainerError "bad-option", "bad-recipe" or "bad-data" before anything is done; "run-exists", "bad-shape",
 *   "not-a-number", "engine-failed", "export-mismatch"; on resume "bad-recipe" or "bad-data" where the run began with
 *   other settings or other data. What the data set throws, after the run is saved. The signal's reason where it is
 *   aborted before training begins, and nothing is changed then
 * @example
 * const recipe = await loadRecipe('seed-cvae');
 * const dataset = await openDataset('digits', { seed: recipe.seed });
 * const { test } = await train({ recipe, dataset, out: 'runs/first', steps: 200 });
 */
export async function train(given: TrainOptions): Promise<TrainResult> {
  requireOptions(given);
  given.signal?.throwIfAborted();
  const listeners = new Listeners(given.events);
  // Whatever has something to say is handed the guarded listener, and a run the others.
  const options = { ...withLength(given), events: { onNote: listeners.note } };
  try {
    const opened = await openRun(options);
    try {
      return await (await Run.start(options, opened, listeners)).train();
    } finally {
      await opened.close();
    }
  } catch (error) {
    throw fileError(error, 'write', (error as { path?: string } | null)?.path ?? options.out);
  }
}
