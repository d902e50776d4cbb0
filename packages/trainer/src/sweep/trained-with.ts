import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Dataset } from '../data/dataset.js';
import { TrainerError } from '../errors.js';
import { parseRecipe, type Recipe } from '../recipe/recipe.js';
import { holdBack } from '../run/batches.js';
import { RunFolder } from '../run/folder.js';
import { type DataFacts, dataFacts, withItems } from '../run/resume/data-facts.js';
import { describeChange } from '../run/resume/settings.js';
import type { TrainOptions } from '../run/types.js';
import { sameJson } from '../same-json.js';

/** What the result of a cell follows from. */
export interface TrainedWith {
  readonly settings: Settings;
  /** Left out where it is only known how the cell was begun; a run that goes on asks for itself. */
  readonly data?: DataFacts;
}

/** A recipe without its words, and when the run was to end. */
type Settings = Omit<Recipe, '$schema' | 'name' | 'description'> & {
  readonly timeLimit?: number;
};

/** What a cell is trained with now. */
export function settingsOf(
  recipe: Recipe,
  { steps, timeLimit }: Pick<TrainOptions, 'steps' | 'timeLimit'>,
): Settings {
  const { $schema, name, description, epochs, ...counting } = recipe;
  const length = steps ?? recipe.steps;
  return { ...counting, ...(length === undefined ? { epochs } : { steps: length }), timeLimit };
}

/** What the data of a cell are. */
export async function dataOf(recipe: Recipe, dataset: Dataset): Promise<DataFacts> {
  const { data, seed } = recipe;
  return withItems(dataFacts(dataset, holdBack(dataset.train, data.validation, seed), recipe), dataset);
}

/** What a run in this folder was begun with, by its recipe; undefined where there is nothing to go on from. */
export async function begunWith(
  path: string,
  { timeLimit }: Pick<TrainOptions, 'timeLimit'>,
): Promise<TrainedWith | undefined> {
  const folder = new RunFolder(path);
  if (![folder.recipe(), folder.checkpoint('last')].every(existsSync)) return undefined;
  const recipe = parseRecipe(JSON.parse(await readFile(folder.recipe(), 'utf8')), folder.recipe());
  return { settings: settingsOf(recipe, { timeLimit }) };
}

type Keyed = Readonly<Record<string, unknown>>;
const isKeyed = (value: unknown): value is Keyed =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What differs, key by key: '"seed" is 7 (it was 0)'. */
function differences(then: Keyed, now: Keyed, path: readonly string[] = []): string[] {
  // Where another type was chosen, its options follow from that.
  const keys = then.type === now.type ? [...Object.keys(now), ...Object.keys(then)] : ['type'];
  return [...new Set(keys)].flatMap((key) => {
    const [before, after] = [then[key], now[key]];
    if (isKeyed(before) && isKeyed(after)) return differences(before, after, [...path, key]);
    if (sameJson(before, after)) return [];
    const name = [...path, key].join('.');
    const isLong = [before, after].some((value) => typeof value === 'object');
    return [isLong ? `"${name}" is another` : describeChange(name, before, after)];
  });
}

/** @throws TrainerError "bad-recipe" naming what the cell in this folder was trained with otherwise */
export function requireSameCell({ settings: then }: TrainedWith, now: Settings, folder: string): void {
  const found = differences(then, now);
  if (found.length === 0) return;
  throw new TrainerError(
    'bad-recipe',
    `${folder}: was trained with other settings: ${found.join(', ')}. Leave them as they were, or choose another --out.`,
  );
}
