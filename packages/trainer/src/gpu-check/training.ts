import { openDataset } from '../data/open.js';
import type { Compiled, Feeds, Results } from '../engines/engine.js';
import { sampleSize } from '../graph/shape.js';
import { buildPrograms, initialState, type Programs } from '../programs.js';
import { loadRecipe } from '../recipe/load.js';
import type { Recipe } from '../recipe/recipe.js';
import { batches } from '../run/batches.js';

/** A recipe with the first batches of its data. */
export interface Prepared {
  readonly recipe: Recipe;
  readonly programs: Programs;
  readonly state: ReturnType<typeof initialState>;
  /** Fresh arrays each time: an engine may take them over. */
  feeds(from: number, count: number): Feeds[];
}

const copyOf = (feeds: Feeds): Feeds =>
  Object.fromEntries(Object.entries(feeds).map(([name, data]) => [name, data.slice()]));

/**
 * Everything that training a shipped recipe needs.
 *
 * @param data a data set by its name
 * @param count batches to read; later steps get them again
 * @param changes of the recipe
 */
export async function prepare(
  name: string,
  data: string,
  count: number,
  changes: Partial<Recipe> = {},
): Promise<Prepared> {
  const recipe = { ...(await loadRecipe(name)), ...changes };
  const dataset = await openDataset(data, { seed: recipe.seed });
  try {
    const programs = buildPrograms(recipe, dataset.shape);
    const feeding = {
      program: programs.train,
      split: dataset.train,
      itemSize: sampleSize(dataset.shape),
      binarize: recipe.data.binarize,
      seed: recipe.seed,
    };
    const read: Feeds[] = [];
    for await (const { feeds } of batches(feeding, { rows: recipe.batch, fromStep: 0, toStep: count }))
      read.push(feeds);
    const state = initialState(programs, recipe.seed);
    const feeds = (from: number, some: number) =>
      Array.from({ length: some }, (_, i) => copyOf(read[(from + i) % read.length]));
    return { recipe, programs, state, feeds };
  } finally {
    await dataset.close?.();
  }
}

/** Some updates, in groups where the engine has them. */
export async function update(compiled: Compiled, feeds: readonly Feeds[]): Promise<Results[]> {
  const results: Results[] = [];
  const size = compiled.group?.size ?? 1;
  for (let i = 0; i < feeds.length; i += size)
    results.push(
      ...(compiled.group
        ? await compiled.group.run('train', feeds.slice(i, i + size))
        : [await compiled.run('train', feeds[i])]),
    );
  return results;
}
