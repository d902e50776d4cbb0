import type { Recipe } from '../recipe/recipe.js';
import { Absent, type CheckOptions, type Finding, failed, passed } from './finding.js';
import { BATCHES, measurePace } from './speed.js';
import { open, type Target } from './targets.js';
import { prepare, update } from './training.js';

const RECIPE = 'seed-cvae';
/** A half has 11 digits, so that each product is off by 2⁻¹² at most, and steps go on from what is off. */
const TOLERANCE = 1e-2;

/** What training in one precision gave. */
export interface Trained {
  readonly losses: readonly number[];
  /** Absent where speeds are not asked for. */
  readonly secondsPerStep?: number;
}

async function trainIn(
  precision: NonNullable<Recipe['precision']>,
  target: Target,
  { data, steps, seconds }: CheckOptions,
): Promise<Trained> {
  const prepared = await prepare(RECIPE, data, Math.max(steps, BATCHES), { precision });
  const { programs, state, feeds } = prepared;
  const compiled = await open(target, { train: programs.train }, state);
  try {
    const losses = (await update(compiled, feeds(0, steps))).map(({ loss }) => loss[0]);
    if (seconds === 0) return { losses };
    const { secondsPerStep } = await measurePace(compiled, prepared, seconds);
    return { losses, secondsPerStep };
  } finally {
    await compiled.dispose();
  }
}

/** Judges a training in float16 by one in float32, from the same weights on the same batches and noise. */
export function judgeFloat16(half: Trained, whole: Trained): Finding {
  const differences = whole.losses.map((loss, i) => Math.abs(half.losses[i] / loss - 1));
  const worst = Math.max(...differences);
  const seen = `${differences.length} losses, largest relative difference to float32 ${worst.toExponential(1)}`;
  const ratio =
    half.secondsPerStep !== undefined && whole.secondsPerStep !== undefined
      ? `; a step takes ${(half.secondsPerStep / whole.secondsPerStep).toFixed(2)} of the time (medians)`
      : '';
  // A loss that is not a number compares as false.
  return worst < TOLERANCE ? passed(seen + ratio) : failed(seen + ratio);
}

/** Training with products in float16 against float32 on the same device: losses, and the time of a step. */
export async function checkFloat16(target: Target, options: CheckOptions): Promise<Finding> {
  try {
    const half = await trainIn('float16', target, options);
    return judgeFloat16(half, await trainIn('float32', target, options));
  } catch (error) {
    if (/requires f16/.test((error as Error).message))
      throw new Absent(
        'the adapter computes no float16 (it lacks "shader-f16")',
        'Train without --precision',
      );
    throw error;
  }
}
