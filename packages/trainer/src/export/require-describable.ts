import { isVaeError, MANIFEST_FILE, parseManifest } from '@vae/sdk/manifest';
import type { Dataset } from '../data/dataset.js';
import { TrainerError } from '../errors.js';
import type { Programs } from '../programs.js';
import type { Recipe } from '../recipe/recipe.js';
import { describeModel } from './manifest.js';
import { folderFiles } from './model-folder.js';

/** As long, written out, as any number that is measured later. */
const SOME = -Math.PI / 10;

/** Characters about latent dimensions that are most of a manifest as long as may be. */
const LONG_STATISTICS = 2 ** 19;

/**
 * Refuses data and recipes that no manifest could describe, before anything is trained on them: what is known only
 * after training, the numbers and the files, is made up.
 *
 * @throws TrainerError "bad-data" with what is wrong
 */
export function requireDescribable(recipe: Recipe, dataset: Dataset, programs: Programs): void {
  const perDimension = Array.from({ length: recipe.model.latent }, () => SOME);
  const statistics = { mean: perDimension, std: perDimension, kl: perDimension };
  const weights = Object.fromEntries(
    [...programs.parameters.keys()].map((name) => [name, { data: Float32Array.of(SOME), shape: [] }]),
  );
  const metrics = { step: 1, train: {} };
  const described = describeModel({
    ...{ recipe, dataset, programs, weights, statistics, metrics },
    ...{ engine: 'any', compiled: { versions: {} } },
  });
  const some = Uint8Array.of(0);
  try {
    const { files } = folderFiles(described, { halves: { encoder: some, decoder: some }, versions: {} });
    parseManifest(String(files.find(([name]) => name === MANIFEST_FILE)![1]), MANIFEST_FILE);
  } catch (error) {
    if (!isVaeError(error)) throw error;
    const isLong = JSON.stringify(statistics).length > LONG_STATISTICS;
    const advice = isLong
      ? ` Most of it tells of ${recipe.model.latent} latent dimensions: make "latent" smaller.`
      : '';
    const message = `${dataset.name}: no model of these data could be described: ${error.message}${advice}`;
    throw new TrainerError('bad-data', message, { cause: error });
  }
}
