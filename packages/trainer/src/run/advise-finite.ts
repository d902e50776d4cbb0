import type { Recipe } from '../recipe/recipe.js';

/** What made the first loss of the first weights too large for a number; nothing was learned yet. */
function causesOf({ precision, likelihood, objective }: Recipe): string[] {
  const weights = ['beta', 'gamma'].filter((key) => key in objective);
  return [
    ...(precision === 'float16' ? ['leave out "precision": "float16"'] : []),
    'scale the data, whose values vae-train inspect shows',
    ...('variance' in likelihood && typeof likelihood.variance === 'number'
      ? ['make the "variance" of the likelihood larger']
      : []),
    ...weights.map((key) => `make the "${key}" of the objective smaller`),
    'take fewer or narrower layers',
  ];
}

/**
 * What to do where training gave something that is no number.
 *
 * @param updates that were made before: without one the learning rate has no part in it
 */
export function adviseFinite(recipe: Recipe, updates: number): string {
  if (updates > 0) {
    const isClipped = recipe.optimizer.clipNorm !== undefined;
    return `Lower the learning rate${isClipped ? '' : ' or set "clipNorm" in the optimizer'}.`;
  }
  const causes = causesOf(recipe);
  return `No update was made before it, so another learning rate cannot help: ${causes.slice(0, -1).join(', ')}, or ${causes.at(-1)}.`;
}
