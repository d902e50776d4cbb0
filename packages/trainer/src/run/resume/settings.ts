import { withoutFolders } from '../../data/spec-options.js';
import { TrainerError } from '../../errors.js';
import { effectiveBatch, parseRecipe, type Recipe } from '../../recipe/recipe.js';
import { sameJson } from '../../same-json.js';
import type { Progress } from '../checkpoints/checkpoint.js';

/** A run that goes on: what it is asked to be, and where it lies. */
interface Resumed {
  readonly recipe: Recipe;
  readonly dataset: { readonly name: string };
  readonly out: string;
}

/** The recipes of before and now, both with today's defaults for what they leave out. */
function recipes(
  { recipe: before }: Progress,
  { recipe: now, out }: Resumed,
): Record<'before' | 'now', Recipe> {
  return {
    before: parseRecipe(before, `${out}: the recipe in its checkpoint`),
    now: parseRecipe(now, now.name),
  };
}

/** What must stay as it was for a run to go on as the same one: all but its length, its step size and where data lie. */
function fixedSettings(dataset: string, recipe: Recipe): Record<string, unknown> {
  const { model, likelihood, objective, seed, data, ema, precision = 'float32' } = recipe;
  const { learningRate: _rate, clipNorm: _norm, ...optimizer } = recipe.optimizer;
  const { binarize, validation } = data;
  return {
    // The name in an early checkpoint may hold a folder.
    data: withoutFolders(dataset),
    binarize,
    validation,
    model: { conditional: false, ...model },
    likelihood,
    objective,
    optimizer,
    ema,
    precision,
    batch: effectiveBatch(recipe),
    seed,
  };
}

/** @throws TrainerError "bad-recipe" naming the setting that a resumed run changes */
export function requireSameSettings(progress: Progress, resumed: Resumed): void {
  const { before: then, now: asked } = recipes(progress, resumed);
  const { name } = resumed.dataset;
  const before = fixedSettings(progress.dataset ?? name, then);
  const now = fixedSettings(name, asked);
  const changed = Object.keys(now).find((key) => !sameJson(now[key], before[key]));
  if (changed === undefined) return;
  const bracketed = (value: unknown) => (typeof value === 'object' ? '' : ` (${value ?? 'none'})`);
  const accumulates = changed === 'batch' && asked.batch !== now.batch;
  throw new TrainerError(
    'bad-recipe',
    `${resumed.out}: "${accumulates ? 'batch × accumulate' : changed}"${bracketed(now[changed])} is not what the run began with${bracketed(before[changed])}. Leave it as ` +
      'it was, or start a new run with another --out and without --resume.',
  );
}

/** What may change while a run goes on, by its name in a recipe. */
function freeSettings(recipe: Recipe): Record<string, unknown> {
  const { name, data, optimizer, batch, accumulate = 1, epochs, steps, patience } = recipe;
  return {
    name,
    'data.source': data.source,
    'optimizer.learningRate': optimizer.learningRate,
    'optimizer.clipNorm': optimizer.clipNorm,
    batch,
    accumulate,
    epochs,
    steps,
    patience,
  };
}

const show = (value: unknown): string => (value === undefined ? 'none' : JSON.stringify(value));

/** @example describeChange('seed', 0, 7) // '"seed" is 7 (it was 0)' */
export const describeChange = (name: string, before: unknown, now: unknown): string =>
  `"${name}" is ${show(now)} (it was ${show(before)})`;

/**
 * What a resumed run does otherwise than before, in one line; undefined where that is nothing.
 *
 * @example describeChanges(progress, resumed) // '"optimizer.learningRate" is 0.0001 (it was 0.001)'
 */
export function describeChanges(progress: Progress, resumed: Resumed): string | undefined {
  const { before: then, now: asked } = recipes(progress, resumed);
  const [before, now] = [freeSettings(then), freeSettings(asked)];
  const changes = Object.keys(now)
    .filter((key) => !sameJson(now[key], before[key]))
    .map((key) => describeChange(key, before[key], now[key]));
  return changes.length === 0 ? undefined : changes.join(', ');
}
