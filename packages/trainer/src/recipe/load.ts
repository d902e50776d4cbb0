import { isUtf8 } from 'node:buffer';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { TrainerError } from '../errors.js';
import { readPlainFile } from '../files/read-plain-file.js';
import { nearest } from '../text/nearest.js';
import { parseRecipe, type Recipe } from './recipe.js';

const RECIPE_TYPES = ['.json', '.js', '.mjs', '.ts'];
const RECIPE_FILES = RECIPE_TYPES.map((type) => `recipe${type}`);

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

/** Names of the recipe files, and of the folders holding one, in a folder; none where it cannot be read. */
function recipesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) =>
        entry.isDirectory() ? recipeIn(join(folder, entry.name)) : RECIPE_TYPES.includes(extname(entry.name)),
      )
      .map(({ name }) => name);
  } catch {
    return [];
  }
}

const stem = (name: string): string => name.slice(0, name.length - extname(name).length);

/** The file or folder that is nearest to a path that is not there; its type may be left out or mistyped. */
function nearestFile(path: string): string | undefined {
  const word = basename(path);
  const names = recipesIn(dirname(path));
  const close =
    nearest(word, names) ?? names.find((name) => stem(name) === nearest(stem(word), names.map(stem)));
  return close === undefined ? undefined : path.slice(0, path.length - word.length) + close;
}

/** What a word that is no recipe may have meant; one that looks like a path is meant as one. */
const nearestRecipe = (word: string, shipped: readonly string[]): string | undefined =>
  /[/\\.]/.test(word)
    ? (nearestFile(word) ?? nearest(word, shipped))
    : (nearest(word, shipped) ?? nearestFile(word));

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
  const best = nearestRecipe(recipe, names);
  throw new TrainerError(
    'bad-recipe',
    `${recipe.trim() === '' ? `"${recipe}"` : recipe}: no such recipe file, folder or name.${best ? ` Did you mean "${best}"?` : ''} Shipped: ${names.join(', ')}.`,
  );
}

/** No recipe is larger than this. */
const MAX_BYTES = 2 ** 22;

const reasonOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

/** A position as editors count it, which later versions of Node say themselves. */
const withLine = (reason: string, text: string): string =>
  reason.replace(/at position (\d+)$/, (found, position) => {
    const before = text.slice(0, Number(position)).split('\n');
    return `${found} (line ${before.length} column ${before.at(-1)!.length + 1})`;
  });

async function readJson(file: string): Promise<unknown> {
  const bytes = await readPlainFile(file, { maxBytes: MAX_BYTES });
  if (!isUtf8(bytes))
    throw new TrainerError('bad-recipe', `${file}: not a text file in UTF-8; save it as that.`);
  // Windows' editors begin a file with a byte order mark.
  const text = bytes.toString('utf8').replace(/^\ufeff/, '');
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TrainerError('bad-recipe', `${file}: not valid JSON (${withLine(reasonOf(cause), text)}).`, {
      cause,
    });
  }
}

/** A module that imports others from a slow disk is there in less. */
const MODULE_SECONDS = 30;

/** The module, or an error once the time is over: one that waits for what never comes would hang the command. */
async function importInTime(file: string, seconds: number): Promise<{ default?: unknown }> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const message =
      `${file}: did not finish loading within ${seconds} s; an "await" at its top level may wait for what never ` +
      'comes. Make the module export its recipe at once, or write the recipe as .json.';
    timer = setTimeout(() => reject(new TrainerError('bad-recipe', message)), 1000 * seconds);
  });
  try {
    return await Promise.race([import(pathToFileURL(resolve(file)).href), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function readModule(file: string, seconds: number): Promise<unknown> {
  await readPlainFile(file, { maxBytes: MAX_BYTES });
  let module: { default?: unknown };
  try {
    module = await importInTime(file, seconds);
  } catch (cause) {
    if (cause instanceof TrainerError) throw cause;
    const hint =
      extname(file) === '.ts'
        ? ' TypeScript recipes need Node 22.18 or later; write it as .json or .js.'
        : '';
    throw new TrainerError('bad-recipe', `${file}: cannot be loaded (${reasonOf(cause)}).${hint}`, { cause });
  }
  if (module.default === undefined)
    throw new TrainerError(
      'bad-recipe',
      `${file}: has no default export. Write: export default { name: "…", … }`,
    );
  return module.default;
}

/**
 * The recipe that a word on the command line means.
 *
 * @param recipe a .json, .js or .ts file (a module's default export), a folder holding `recipe.*`, or a shipped name
 * @param options.moduleSeconds after which a module that is still loading is given up
 * @throws TrainerError "bad-recipe"
 * @example await loadRecipe('seed-cvae')
 */
export async function loadRecipe(
  recipe: string,
  { moduleSeconds = MODULE_SECONDS }: { moduleSeconds?: number } = {},
): Promise<Recipe> {
  const file = recipeFile(recipe);
  const isModule = ['.js', '.mjs', '.ts'].includes(extname(file));
  return parseRecipe(isModule ? await readModule(file, moduleSeconds) : await readJson(file), file);
}
