import type { Dataset, Split } from '../data/dataset.js';
import { TrainerError } from '../errors.js';
import type { Recipe } from '../recipe/recipe.js';

const WITHOUT = 'or leave "conditional" out of the recipe\'s "model"';

/** The classes of a data set that has some to choose from. */
function classesOf({ name, classes = [] }: Dataset): readonly string[] {
  if (classes.length > 1) return classes;
  const [only] = classes;
  const found = only === undefined ? 'have no classes' : `have one class alone, "${only}"`;
  throw new TrainerError(
    'bad-data',
    `${name}: the recipe is conditional, and these data ${found}. Say where classes are, with label=COLUMN or label=FILE ` +
      `(images and audio: a folder for each class), ${WITHOUT}.`,
  );
}

/** Refuses a part in which samples have no class, or one that there is not. */
function requireLabels(where: string, split: Split, count: number): void {
  if (typeof split.label !== 'function')
    throw new TrainerError(
      'bad-data',
      `${where} has no labels, and the recipe is conditional. Give every part of the data its classes, ${WITHOUT}.`,
    );
  for (let index = 0; index < split.size; index++) {
    const found = split.label(index);
    if (Number.isInteger(found) && found >= 0 && found < count) continue;
    throw new TrainerError(
      'bad-data',
      `${where}.label(${index}) is ${String(found)}, expected the number of a class, a whole number from 0 to ${count - 1}.`,
    );
  }
}

/**
 * Refuses data that a conditional recipe cannot be trained on, before anything is: without classes, with one alone, or with
 * samples that are of none of them.
 *
 * @returns how many classes the networks are told of: 0 for a recipe that is not conditional
 * @throws TrainerError "bad-data" naming the part and the sample
 * @example requireClasses(recipe, await openDataset('digits')) // 10
 */
export function requireClasses(
  { model }: { readonly model: Pick<Recipe['model'], 'conditional'> },
  dataset: Dataset,
): number {
  if (!model.conditional) return 0;
  const { length } = classesOf(dataset);
  const { name, train, test } = dataset;
  for (const [part, split] of Object.entries({ train, ...(test && { test }) }))
    requireLabels(`${name}: ${part}`, split, length);
  return length;
}
