import { createHash } from 'node:crypto';
import { TrainerError } from '../errors.js';
import { parseRecipe, type Recipe, recipeSchema } from '../recipe/recipe.js';
import { nearest } from '../text/nearest.js';

/** One axis of a grid: a key of the recipe, with dots between levels, and the values that it takes. */
export interface Axis {
  readonly key: string;
  readonly values: readonly unknown[];
}

/** A recipe of the grid, and what sets it apart. */
export interface Cell {
  /** `latent-2_lr-0.001`: also the name of its folder. */
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly recipe: Recipe;
}

/** Short words for the keys that are swept most. */
const aliases: Readonly<Record<string, string>> = {
  latent: 'model.latent',
  lr: 'optimizer.learningRate',
  beta: 'objective.beta',
};

/** `true`, `3` and `1e-3` are what they look like, anything else is a word. */
function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * `latent=2,8,32` as an axis.
 *
 * @throws TrainerError "bad-option"
 */
export function parseAxis(text: string): Axis {
  const [, key, list] = /^([\w.-]+)=(.+)$/.exec(text) ?? [];
  const values = list?.split(',').map((value) => value.trim()) ?? [];
  if (key === undefined || values.includes(''))
    throw new TrainerError('bad-option', `--grid "${text}" is not KEY=VALUE,VALUE such as latent=2,8,32.`);
  const parsed = values.map(parseValue);
  if (new Set(parsed.map((value) => JSON.stringify(value))).size < values.length)
    throw new TrainerError('bad-option', `--grid "${text}" has a value twice.`);
  return { key, values: parsed };
}

/** The path in a recipe that a key stands for, refused here where its first word is neither a key nor a short word. */
function pathOf(key: string): readonly string[] {
  const path = (Object.hasOwn(aliases, key) ? aliases[key] : key).split('.');
  if (Object.hasOwn(recipeSchema.entries, path[0])) return path;
  const known = [...Object.keys(aliases), ...Object.keys(recipeSchema.entries)].filter(
    (name) => name !== '$schema',
  );
  const best = nearest(key, known);
  throw new TrainerError(
    'bad-recipe',
    `--grid: "${key}" is not a known key. ${best ? `Did you mean "${best}"? ` : ''}Known: ${known.join(', ')}; ` +
      'and keys inside those, such as objective.beta.',
  );
}

/** A copy of `value` in which the key at the end of `path` is another one. */
function withKey(value: unknown, [key, ...rest]: readonly string[], next: unknown): unknown {
  const object = typeof value === 'string' ? { type: value } : ((value ?? {}) as Record<string, unknown>);
  return { ...object, [key]: rest.length === 0 ? next : withKey(object[key], rest, next) };
}

/** What is left of a value in the name of a folder. */
const word = (value: unknown): string => String(value).replace(/[^\p{L}\p{M}\p{N}_.+-]/gu, '-');

/** Names as a file system compares them that takes capital letters for small ones. */
const folded = (name: string): string => name.normalize('NFC').toLowerCase();

/** Cells whose values differ only in what no name holds are told apart by a digest of these. */
function apart(cells: readonly Cell[]): Cell[] {
  const times = new Map<string, number>();
  for (const { name } of cells) times.set(folded(name), (times.get(folded(name)) ?? 0) + 1);
  const digest = (values: Cell['values']) =>
    createHash('sha256').update(JSON.stringify(values)).digest('hex').slice(0, 8);
  return cells.map((cell) =>
    times.get(folded(cell.name)) === 1 ? cell : { ...cell, name: `${cell.name}-${digest(cell.values)}` },
  );
}

function* combinations(axes: readonly Axis[]): Generator<[string, unknown][]> {
  const [axis, ...rest] = axes;
  if (!axis) return yield [];
  for (const value of axis.values)
    for (const others of combinations(rest)) yield [[axis.key, value], ...others];
}

/** Refuses an axis that undoes what one before it sets: the runs would be named after values that they do not have. */
function requireApart(axes: readonly Axis[]): void {
  const paths = axes.map(({ key }) => pathOf(key));
  for (const [i, path] of paths.entries()) {
    const undone = paths.slice(0, i).findIndex((before) => path.every((key, level) => before[level] === key));
    if (undone === -1) continue;
    const isSame = paths[undone].length === path.length;
    throw new TrainerError(
      'bad-option',
      `--grid: "${axes[i].key}" replaces what "${axes[undone].key}" before it sets. ` +
        (isSame ? 'Give all values in one --grid.' : `Give "${axes[i].key}" first.`),
    );
  }
}

/**
 * Every combination of the axes' values, the last axis changing first.
 *
 * @throws TrainerError "bad-recipe" when a key or a value does not belong in the recipe; "bad-option" where an axis
 *   undoes what one before it sets
 * @example makeGrid(recipe, [parseAxis('latent=2,8'), parseAxis('lr=1e-3,1e-4')]) // four cells
 */
export function makeGrid(recipe: Recipe, axes: readonly Axis[]): Cell[] {
  requireApart(axes);
  const cells = [...combinations(axes)].map((pairs) => {
    const name = pairs.map(([key, value]) => `${key.split('.').at(-1)}-${word(value)}`).join('_');
    const changed = pairs.reduce<unknown>(
      (whole, [key, value]) => withKey(whole, pathOf(key), value),
      recipe,
    );
    return { name, values: Object.fromEntries(pairs), recipe: parseRecipe(changed, `the grid, ${name}`) };
  });
  return apart(cells);
}
