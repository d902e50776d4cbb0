import { type CheckOptions, type Finding, passed } from './finding.js';
import { open, type Target } from './targets.js';
import { prepare, update } from './training.js';

/** Recipes whose speed is measured, with their data where that is not what the caller names. */
export const SPEED_RECIPES = ['seed-cvae', 'seed-mlp', 'seed-beta-64'] as const;
export type SpeedRecipe = (typeof SPEED_RECIPES)[number];

export const dataOf = (recipe: SpeedRecipe, data: string): string =>
  recipe === 'seed-beta-64' ? 'digits:64x64x3' : data;

const BATCHES = 16;
const WARM_UP = 2;
const LEAST_RUNS = 3;

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
};

/** Samples of one second of training: the median over runs, data and noise being ready. */
export async function checkSpeed(
  target: Target,
  recipe: SpeedRecipe,
  options: CheckOptions,
): Promise<Finding> {
  const prepared = await prepare(recipe, dataOf(recipe, options.data), BATCHES);
  const { programs, state, feeds } = prepared;
  const compiled = await open(target, { train: programs.train }, state);
  const steps = compiled.group?.size ?? 1;
  const times: number[] = [];
  try {
    for (let run = 0, spent = 0; run < WARM_UP + LEAST_RUNS || spent < options.seconds; run++) {
      const some = feeds(run * steps, steps);
      const started = performance.now();
      await update(compiled, some);
      const seconds = (performance.now() - started) / 1000;
      if (run < WARM_UP) continue;
      times.push(seconds);
      spent += seconds;
    }
  } finally {
    await compiled.dispose();
  }
  const samplesPerSecond = (prepared.recipe.batch * steps) / median(times);
  const rounds = `median of ${times.length} runs of ${steps} step${steps === 1 ? '' : 's'}, batch ${prepared.recipe.batch}`;
  const { description, versions } = compiled;
  return passed(`${Math.round(samplesPerSecond)} samples/s (${description}; ${rounds})`, {
    samplesPerSecond,
    versions,
  });
}
