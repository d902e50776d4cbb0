import { existsSync, readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { TrainerError } from '../errors.js';
import { nearest } from '../terminal/nearest.js';
import { parseRecipe, type Recipe } from './recipe.js';

const RECIPE_FILES = ['recipe.json', 'recipe.js', 'recipe.mjs', 'recipe.ts'];

/** Recipes come with the package; in a source checkout they are the repository's own. */
function shippedFolders(): string[] {
  const root = dirname(createRequire(import.meta.url).resolve('@vae/trainer/package.json'));
  return [join(root, 'models'), join(root, '..', '..', 'models')];
}

const recipeIn = (folder: string): string | undefined =>
  RECIPE_FILES.map((file) => join(folder, file)).find((file) => existsSync(file));

/** Names of the recipes that come with the package. */
export function shippedRecipes(): string[] {
  const folder = shippedFolders().find((path) => existsSync(path));
  if (!folder) return [];
  return readdirSync(folder)
    .filter((name) => recipeIn(join(folder, name)))
    .sort();
}

/** The file behind RECIPE: a file, a folder holding one, or the name of a shipped one. */
function recipeFile(recipe: string): string {
  if (existsSync(recipe)) {
    if (!statSync(recipe).isDirectory()) return recipe;
    const file = recipeIn(recipe);
    if (file) return file;
    throw new TrainerError(
      'bad-recipe',
      `${recipe}: the folder holds no ${RECIPE_FILES.join(', ')}. Name the file.`,
    );
  }
  const shipped = shippedFolders()
    .map((folder) => recipeIn(join(folder, recipe)))
    .find((file) => file !== undefined);
  if (shipped && /^[\w-]+$/.test(recipe)) return shipped;
  const names = shippedRecipes();
  const best = nearest(recipe, names);
  throw new TrainerError(
    'bad-recipe',
    `${recipe}: no such recipe file, folder or name.${best ? ` Did you mean "${best}"?` : ''} Shipped: ${names.join(', ')}.`,
  );
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8');
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TrainerError('bad-recipe', `${file}: not valid JSON (${(cause as Error).message}).`, { cause });
  }
}

async function readModule(file: string): Promise<unknown> {
  try {
    const module = (await import(pathToFileURL(resolve(file)).href)) as { default?: unknown };
    return module.default;
  } catch (cause) {
    const hint =
      extname(file) === '.ts'
        ? ' TypeScript recipes need Node 22.18 or later; write it as .json or .js.'
        : '';
    throw new TrainerError('bad-recipe', `${file}: cannot be loaded (${(cause as Error).message}).${hint}`, {
      cause,
    });
  }
}

/**
 * The recipe that a word on the command line means.
 *
 * @param recipe a .json, .js or .ts file (a module's default export), a folder holding `recipe.*`, or a shipped name
 * @throws TrainerError "bad-recipe"
 * @example await loadRecipe('seed-cvae')
 */
export async function loadRecipe(recipe: string): Promise<Recipe> {
  const file = recipeFile(recipe);
  return parseRecipe(extname(file) === '.json' ? await readJson(file) : await readModule(file), file);
}
