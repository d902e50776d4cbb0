import type { Dataset } from '../data/dataset.js';
import { describeLikelihoodInput } from '../data/preprocess.js';
import type { Recipe } from '../recipe/recipe.js';

const GIVEN_CLASS =
  'The model is given the class y of each sample, so that all of it is about p(x|y), and compares with models that are given the class too.';

/**
 * What the numbers of a recipe on its data are, for the report and the model card.
 *
 * @example caveatOf(recipe, dataset.kind) // 'Bernoulli on images thresholded at 0.5 …'
 */
export function caveatOf({ data, likelihood, model }: Recipe, kind: Dataset['kind']): string {
  const caveat = describeLikelihoodInput(data.binarize, likelihood.type, kind);
  return model.conditional ? `${caveat} ${GIVEN_CLASS}` : caveat;
}
