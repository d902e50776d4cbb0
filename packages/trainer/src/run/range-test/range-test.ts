import { engines } from '../../engines/index.js';
import { TrainerError } from '../../errors.js';
import { sampleSize } from '../../graph/shape.js';
import { initialState } from '../../programs.js';
import { effectiveBatch, type Recipe } from '../../recipe/recipe.js';
import { compileAccumulating } from '../accumulate.js';
import { batches, oneAhead } from '../batches.js';
import { plan } from '../open.js';
import { NoData, Stop } from '../stop.js';
import type { TrainOptions } from '../types.js';
import { type RangeCurve, RangeReadings, rateSchedule } from './curve.js';

export interface RangeTestOptions
  extends Pick<TrainOptions, 'dataset' | 'engine' | 'threads' | 'device' | 'signal'> {
  readonly recipe: Recipe;
  /** Lowest and highest rate, both above 0. */
  readonly from: number;
  readonly to: number;
  /** Updates, 10 or more. */
  readonly steps: number;
  readonly onNote?: (text: string) => void;
  /** After every update, with the number of updates done. */
  readonly onStep?: (step: number) => void;
}

export interface RangeTest extends RangeCurve {
  /** What computed. */
  readonly engine: string;
}

/** The recipe with a step size that grows with every update, and all else as it is. */
const withRisingRate = ({ recipe, from, to, steps }: RangeTestOptions): Recipe => ({
  ...recipe,
  optimizer: { ...recipe.optimizer, learningRate: rateSchedule({ from, to, steps }) },
});

/**
 * The learning-rate range test: trains from the recipe's initial weights while the rate grows geometrically, until the
 * loss runs away, and finds the rate at which the loss falls fastest, and the one at which it begins to rise. Nothing is
 * written.
 *
 * @see Smith 2017, arXiv:1506.01186, section 3.3; the rate here grows by a factor in place of a summand
 * @throws TrainerError "bad-option" for a range that is none, the signal's reason once it is aborted, and as `train`
 * @example
 * const { suggestion } = await testRates({ recipe, dataset, from: 1e-6, to: 1, steps: 100 });
 */
export async function testRates(options: RangeTestOptions): Promise<RangeTest> {
  const { dataset, from, to, steps, engine = 'ort', threads, device, signal, onNote, onStep } = options;
  if (!(from > 0 && to > from))
    throw new TrainerError('bad-option', `Rates from ${from} to ${to} are no range; give 0 < from < to.`);
  if (!(Number.isInteger(steps) && steps >= 10))
    throw new TrainerError('bad-option', `${steps} updates are no test; give a whole number of at least 10.`);
  const recipe = withRisingRate(options);
  const { programs, parts } = plan({ recipe, dataset }, new Stop(signal));
  const { train } = programs;
  const compiled = await compileAccumulating(
    await engines[engine](),
    { train },
    initialState(programs, recipe.seed),
    recipe,
    { threads, device, onNote },
  );
  const { binarize } = recipe.data;
  const { seed } = recipe;
  const feeder = {
    ...{ program: train, split: parts.train, binarize, seed },
    itemSize: sampleSize(dataset.shape),
    range: dataset.range,
  };
  const rate = train.scalars.get('learningRate')!.schedule;
  const found = new RangeReadings(steps);
  let ranAway = false;
  try {
    for await (const { step, feeds } of oneAhead(
      batches(feeder, { rows: effectiveBatch(recipe), fromStep: 0, toStep: steps }),
    )) {
      signal?.throwIfAborted();
      const { loss } = await compiled.run('train', feeds);
      ranAway = found.add(rate(step), loss[0]);
      onStep?.(step + 1);
      if (ranAway) break;
    }
  } catch (error) {
    // Data that do not answer are given up after the signal alone; those that fail are no different from any error.
    signal?.throwIfAborted();
    throw error instanceof NoData ? error.cause : error;
  } finally {
    await compiled.dispose();
  }
  return { ...found.curve({ ranAway }), engine: compiled.description };
}
