import type { Command } from 'commander';
import type { Binarize } from '../data/preprocess.js';
import { objectives } from '../objectives/index.js';
import { loadRecipe } from '../recipe/load.js';
import { parseRecipe, type Recipe } from '../recipe/recipe.js';
import { parseChoice, parseNumber, parseSeed, parseWhole, UsageError } from '../terminal/index.js';

/** Flags that change a recipe; they beat what it says. */
export interface RecipeFlags {
  readonly name?: string;
  readonly data?: string;
  readonly binarize?: Binarize;
  readonly validation?: number;
  readonly model?: string;
  readonly objective?: keyof typeof objectives;
  readonly latent?: number;
  readonly epochs?: number;
  readonly steps?: number;
  readonly batch?: number;
  readonly accumulate?: number;
  readonly lr?: number;
  readonly seed?: number;
  readonly ema?: number;
  readonly patience?: number;
  readonly precision?: Recipe['precision'];
}

export const DEFAULT_RECIPE = 'seed-cvae';

function parseBinarize(text: string): Binarize {
  if (text === 'none') return false;
  if (text === 'dynamic') return text;
  const threshold = Number(text);
  if (text.trim() !== '' && threshold > 0 && threshold < 1) return threshold;
  throw new UsageError(
    `--binarize "${text}" is not known. Give none, dynamic, or a threshold between 0 and 1.`,
  );
}

const STEPS = 'updates in all, in place of --epochs; kept with the run';

/** @param steps what a command that is no training means by --steps */
export function addRecipeOptions(command: Command, { steps = STEPS }: { steps?: string } = {}): Command {
  const objectiveNames = Object.keys(objectives) as (keyof typeof objectives)[];
  const others = command.options.length;
  command
    .argument(
      '[recipe]',
      `a recipe file, a folder holding one, or a shipped name (default: ${DEFAULT_RECIPE})`,
    )
    .option('--name <name>', 'of the run and the model')
    .option('--data <spec>', 'digits, mnist, images:DIR, csv:FILE, … (docs/data.md)')
    .option('--binarize <how>', 'none (grey values), dynamic, or a threshold such as 0.5', parseBinarize)
    .option(
      '--validation <n>',
      'training samples kept back to choose the best weights',
      parseNumber('--validation', { min: 0, max: 1e9 }),
    )
    .option('--model <name>', 'networks of another recipe')
    .option('--objective <name>', objectiveNames.join(', '), parseChoice('--objective', objectiveNames))
    .option('--latent <n>', 'size of the latent vector', parseWhole('--latent', { min: 1, max: 65_536 }))
    .option('--epochs <n>', 'passes over the training data', parseWhole('--epochs', { min: 1 }))
    .option('--steps <n>', steps, parseWhole('--steps', { min: 1 }))
    .option('--batch <n>', 'samples in a step', parseWhole('--batch', { min: 1, max: 65_536 }))
    .option(
      '--accumulate <n>',
      'batches whose gradients become one update',
      parseWhole('--accumulate', { min: 1, max: 65_536 }),
    )
    .option('--lr <x>', 'learning rate', parseNumber('--lr', { min: 1e-12, max: 1000 }))
    .option(
      '--ema <decay>',
      'judge and export averaged weights, such as 0.999',
      parseNumber('--ema', { min: 1e-9, max: 1 - 1e-9 }),
    )
    .option(
      '--patience <epochs>',
      'end after so many epochs without a better bound on validation data',
      parseWhole('--patience', { min: 1 }),
    )
    .option(
      '--precision <type>',
      'float32, or float16 products on a GPU',
      parseChoice('--precision', ['float32', 'float16'] as const),
    )
    .option('--seed <n>', 'makes everything random repeatable', parseSeed('--seed'));
  for (const option of command.options.slice(others))
    if (!option.description.includes('(default: ')) option.description += ' (default: the recipe’s)';
  return command;
}

const networksChanged = ({ model, latent, objective }: RecipeFlags): boolean =>
  [model, latent, objective].some((flag) => flag !== undefined);

/** A length on the command line beats the recipe's, and of two lengths there it is the updates that count. */
function lengthOf({ epochs, steps }: RecipeFlags, recipe: Recipe): Pick<Recipe, 'epochs' | 'steps'> {
  return {
    epochs: epochs ?? recipe.epochs,
    steps: steps ?? (epochs === undefined ? recipe.steps : undefined),
  };
}

/** The recipe that the command line describes. */
export async function resolveRecipe(word: string | undefined, flags: RecipeFlags): Promise<Recipe> {
  const recipe = await loadRecipe(word ?? DEFAULT_RECIPE);
  const networks = flags.model === undefined ? recipe.model : (await loadRecipe(flags.model)).model;
  const changed: Recipe = {
    ...recipe,
    // Words about other networks would be wrong.
    description: networksChanged(flags) ? undefined : recipe.description,
    name: flags.name ?? recipe.name,
    data: {
      source: flags.data ?? recipe.data.source,
      binarize: flags.binarize ?? recipe.data.binarize,
      validation: flags.validation ?? recipe.data.validation,
    },
    model: { ...networks, latent: flags.latent ?? networks.latent },
    objective: flags.objective === undefined ? recipe.objective : { type: flags.objective },
    optimizer: { ...recipe.optimizer, learningRate: flags.lr ?? recipe.optimizer.learningRate },
    batch: flags.batch ?? recipe.batch,
    accumulate: flags.accumulate ?? recipe.accumulate,
    ...lengthOf(flags, recipe),
    seed: flags.seed ?? recipe.seed,
    ema: flags.ema ?? recipe.ema,
    patience: flags.patience ?? recipe.patience,
    precision: flags.precision ?? recipe.precision,
  };
  // Checked once more: an objective named by a flag gets its default options here.
  return parseRecipe(changed, 'the command line');
}
