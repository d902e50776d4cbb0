import type { Compiled } from '../engines/engine.js';
import { counted } from '../text/counted.js';
import { type CheckOptions, type Finding, passed } from './finding.js';
import { open, type Target } from './targets.js';
import { type Prepared, prepare, update } from './training.js';

/** Recipes whose speed is measured, with their data where that is not what the caller names. */
export const SPEED_RECIPES = ['seed-cvae', 'seed-mlp', 'seed-beta-64'] as const;
export type SpeedRecipe = (typeof SPEED_RECIPES)[number];

export const dataOf = (recipe: SpeedRecipe, data: string): string =>
  recipe === 'seed-beta-64' ? 'digits:64x64x3' : data;

/** Batches of data that speed is measured on, again and again. */
export const BATCHES = 16;
const WARM_UP = 2;
const LEAST_RUNS = 3;

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
};

/** Seconds of one update, and how they were measured. */
export interface Pace {
  readonly secondsPerStep: number;
  readonly rounds: string;
}

/** The time of an update: the median over runs for so many seconds, data and noise being ready. */
export async function measurePace(compiled: Compiled, prepared: Prepared, seconds: number): Promise<Pace> {
  const steps = compiled.group?.size ?? 1;
  const times: number[] = [];
  for (let run = 0, spent = 0; run < WARM_UP + LEAST_RUNS || spent < seconds; run++) {
    const some = prepared.feeds(run * steps, steps);
    const started = performance.now();
    await update(compiled, some);
    const taken = (performance.now() - started) / 1000;
    if (run < WARM_UP) continue;
    times.push(taken);
    spent += taken;
  }
  const rounds = `median of ${times.length} runs of ${counted(steps, 'step')}, batch ${prepared.recipe.batch}`;
  return { secondsPerStep: median(times) / steps, rounds };
}

/** Samples of one second of training. */
export async function checkSpeed(
  target: Target,
  recipe: SpeedRecipe,
  options: CheckOptions,
): Promise<Finding> {
  const prepared = await prepare(recipe, dataOf(recipe, options.data), BATCHES);
  const { programs, state } = prepared;
  const compiled = await open(target, { train: programs.train }, state);
  try {
    const { secondsPerStep, rounds } = await measurePace(compiled, prepared, options.seconds);
    const samplesPerSecond = prepared.recipe.batch / secondsPerStep;
    const { description, versions } = compiled;
    return passed(`${Math.round(samplesPerSecond)} samples/s (${description}; ${rounds})`, {
      samplesPerSecond,
      versions,
    });
  } finally {
    await compiled.dispose();
  }
}
