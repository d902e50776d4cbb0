import type { Dataset, Split } from '../data/dataset.js';
import type { Recipe } from '../recipe/recipe.js';

/** Most classes that a note names. */
const MOST_NAMED = 12;

/**
 * Which classes a conditional model will have learned nothing of, in words: those that no training sample is of, because
 * what is held back or the test part has them all. Weights of such a class stay what they were at first.
 *
 * @param train what is left to train on
 * @returns undefined where there is none
 */
export function describeUnseen(
  { model }: { readonly model: Pick<Recipe['model'], 'conditional'> },
  { classes = [] }: Pick<Dataset, 'classes'>,
  { size, label }: Pick<Split, 'size' | 'label'>,
): string | undefined {
  if (!model.conditional || !label) return undefined;
  const seen = new Set(Array.from({ length: size }, (_, index) => label(index)));
  const unseen = classes.filter((_, number) => !seen.has(number));
  if (unseen.length === 0) return undefined;
  const named = unseen.slice(0, MOST_NAMED).join(', ');
  const more = unseen.length > MOST_NAMED ? ', …' : '';
  return (
    `${unseen.length} of ${classes.length} classes have no training sample (${named}${more}): the model learns nothing of them, ` +
    'and what it draws as one means nothing. Leave their samples out, or hold back fewer ("validation", test=…).'
  );
}
