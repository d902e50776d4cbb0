import * as v from 'valibot';
import { type Spec, specSchema } from '../choice.js';
import { TrainerError } from '../errors.js';
import { positive } from '../float32.js';
import { layerSpec } from '../layers/index.js';
import { initializerName, positiveInteger } from '../layers/layer.js';
import { likelihoods } from '../likelihoods/index.js';
import { objectives } from '../objectives/index.js';
import { optimizers } from '../optimizers/index.js';
import { scheduleSchema } from '../schedules/schema.js';
import { explainIssue } from './explain.js';

const MAX_BATCH = 65_536;
const fraction = v.pipe(v.number(), v.gtValue(0), v.ltValue(1));
const wholeNumber = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));
const learningRate = scheduleSchema(positive);

const dataSchema = v.strictObject({
  /** Such as `digits`, `digits:64x64x3`, `mnist` or `mnist:DIR`. */
  source: v.string(),
  /** A threshold, `"dynamic"` for a fresh draw at each visit, or `false` for grey values as they are. */
  binarize: v.optional(v.union([fraction, v.literal('dynamic'), v.literal(false)]), false),
  /** Samples of the training part kept back to choose the best weights: a number, or a share below 1. */
  validation: v.optional(
    v.union(
      [v.literal(0), fraction, positiveInteger],
      'a whole number of samples, or a share from 0 to below 1',
    ),
    0,
  ),
});

const modelSchema = v.strictObject({
  latent: positiveInteger,
  /** Models p(x|z, y) and q(z|x, y): both halves are given the class y of a sample. The data say what classes there are. */
  conditional: v.optional(v.boolean()),
  heads: v.optional(v.picklist(['joint', 'separate']), 'joint'),
  init: v.optional(initializerName, 'glorotUniform'),
  encoder: v.array(layerSpec),
  decoder: v.array(layerSpec),
});

/** Options that every optimiser takes: the step size, and the largest norm of the whole gradient. */
const optimizerSchema = specSchema(optimizers, {
  learningRate,
  clipNorm: v.optional(positive),
});

/** The schema of a recipe file. */
export const recipeSchema = v.strictObject({
  $schema: v.optional(v.string()),
  name: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'small letters, digits and dashes')),
  description: v.optional(v.string()),
  data: dataSchema,
  model: modelSchema,
  likelihood: v.optional(specSchema(likelihoods), 'bernoulli'),
  objective: v.optional(specSchema(objectives), 'elbo'),
  optimizer: optimizerSchema,
  /** Judges and exports a moving average of the weights, which remembers this share of itself at each update. */
  ema: v.optional(fraction),
  /** Epochs without a better bound on the validation part after which training ends. */
  patience: v.optional(positiveInteger),
  batch: v.pipe(positiveInteger, v.maxValue(MAX_BATCH)),
  /** Batches whose gradients become one update, 1 when left out: the update is that of a batch so many times larger. */
  accumulate: v.optional(v.pipe(positiveInteger, v.maxValue(MAX_BATCH))),
  /** What matrix products and convolutions of a training step are computed in, float32 when left out. */
  precision: v.optional(v.picklist(['float32', 'float16'])),
  /** Passes over the training part; may be left out where `steps` is there. */
  epochs: v.optional(positiveInteger),
  /** Updates in all; decides the length in place of `epochs`. */
  steps: v.optional(v.pipe(wholeNumber, v.minValue(1))),
  seed: v.optional(wholeNumber, 0),
});

/** A VAE and its training, described once. What a recipe file may leave out is filled in. */
export type Recipe = v.InferOutput<typeof recipeSchema>;
/** A recipe as a person writes it. */
export type RecipeInput = v.InferInput<typeof recipeSchema>;
export type { Spec };

/** A key that is not known explains a missing one better than the other way round. */
const foremost = <Issue extends { expected: string | null }>(issues: readonly Issue[]): Issue =>
  issues.find(({ expected }) => expected === 'never') ?? issues[0];

/** Levels of objects in a recipe, two for each layer in a layer: what reads it calls itself for each of them. */
const MOST_LEVELS = 64;

/** Refuses, by their keys, the numbers that JSON has no words for and writes as null, and endless layers in layers. */
function finiteOnly(where: string): (this: unknown, key: string, value: unknown) => unknown {
  const places = new Map<unknown, string>();
  return function (key, value) {
    const place = `${places.get(this) ?? ''}${key}`;
    if (typeof value === 'number' && !Number.isFinite(value))
      throw new TrainerError(
        'bad-recipe',
        `${where}: "${place || 'the recipe'}" is ${value}: expected a finite number.`,
      );
    if (place.split('.').length > MOST_LEVELS)
      throw new TrainerError(
        'bad-recipe',
        `${where}: is nested too deeply, expected at most ${MOST_LEVELS} levels. Take layers out of the layers they are in.`,
      );
    if (place !== '') places.set(value, `${place}.`);
    return value;
  };
}

/** A copy that holds nothing but JSON: no getters, no functions, no cycles. */
function plainData(value: unknown, where: string): unknown {
  if (typeof value === 'function')
    throw new TrainerError('bad-recipe', `${where}: is a function, expected the recipe that it makes.`);
  try {
    return JSON.parse(JSON.stringify(value, finiteOnly(where)) ?? 'null');
  } catch (cause) {
    if (cause instanceof TrainerError) throw cause;
    const reason =
      cause instanceof RangeError ? 'it is nested too deeply' : String((cause as Error)?.message ?? cause);
    throw new TrainerError('bad-recipe', `${where}: cannot be written as JSON (${reason.split('\n')[0]}).`, {
      cause,
    });
  }
}

/** Samples of one update: those of `accumulate` batches. */
export const effectiveBatch = ({ batch, accumulate = 1 }: Pick<Recipe, 'batch' | 'accumulate'>): number =>
  batch * accumulate;

/** The rules between two keys. */
function requireConsistent(recipe: Recipe, where: string): Recipe {
  if (recipe.epochs === undefined && recipe.steps === undefined)
    throw new TrainerError(
      'bad-recipe',
      `${where}: says nowhere how long to train. Add "epochs", passes over the data, or "steps", updates in all.`,
    );
  if (recipe.patience !== undefined && recipe.data.validation === 0)
    throw new TrainerError(
      'bad-recipe',
      `${where}: "patience" needs a validation part to judge by. Add "validation" to "data", such as 0.1.`,
    );
  const samples = effectiveBatch(recipe);
  if (samples > MAX_BATCH)
    throw new TrainerError(
      'bad-recipe',
      `${where}: "batch" ${recipe.batch} × "accumulate" ${recipe.accumulate} are ${samples} samples in an update, ` +
        `expected at most ${MAX_BATCH}. Make one of them smaller.`,
    );
  return recipe;
}

/**
 * Checks a recipe and fills in what it leaves out.
 *
 * @param where what to call it in errors: its file or name
 * @throws TrainerError "bad-recipe" naming the key, what was expected and the nearest known word
 * @example parseRecipe(JSON.parse(text), 'my-recipe.json')
 */
export function parseRecipe(value: unknown, where: string): Recipe {
  const result = v.safeParse(recipeSchema, plainData(value, where));
  if (result.success) return requireConsistent(result.output, where);
  throw new TrainerError('bad-recipe', `${where}: ${explainIssue(recipeSchema, foremost(result.issues))}`);
}
