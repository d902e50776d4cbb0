import { existsSync } from 'node:fs';
import type { State } from '../engines/engine.js';
import { TrainerError } from '../errors.js';
import { effectiveBatch } from '../recipe/recipe.js';
import { adviseFinite } from './advise-finite.js';
import { stepsPerEpoch } from './batches.js';
import { evaluate } from './evaluate.js';
import type { FeederOptions } from './feeder.js';
import { statisticsOf } from './latent/codes.js';
import { lookAtCodes, roundedList, writeLatentView } from './latent/latent-view.js';
import type { EpochLook } from './loggers/logger.js';
import type { MeanMetrics } from './metrics.js';
import { lengthOf, type Opened } from './open.js';
import { isDrawn } from './pictures/pictures.js';
import type { Stopwatch } from './stopwatch.js';
import { takeAverages } from './take-averages.js';
import type { EpochRecord, TrainOptions } from './types.js';

/** Where a run stands when it is looked at. */
interface Moment {
  readonly epoch: number;
  readonly step: number;
}

/** Looks at what was trained: its numbers on each part of the data, its codes and pictures, and whether they are sound. */
export class Judge {
  constructor(
    private readonly options: TrainOptions,
    private readonly opened: Opened,
  ) {}

  feeder(part: 'train' | 'validation' | 'test'): FeederOptions {
    const { parts, programs, feeding } = this.opened;
    return {
      ...feeding,
      program: part === 'train' ? programs.train : programs.evaluate,
      split: parts[part]!,
      purpose: part === 'train' ? '' : `${part}/`,
    };
  }

  /**
   * The record of an epoch whose updates gave `trained`, by averaged weights where the recipe keeps such.
   *
   * @param state that the engine has
   */
  epoch(
    moment: Moment,
    trained: MeanMetrics,
    lap: Stopwatch,
    state: State,
  ): Promise<{ record: EpochRecord; look: Omit<EpochLook, 'weights'> }> {
    return this.withAverages(state, () => this.judge(moment, trained, lap));
  }

  /** Does something with averaged weights in place of the last ones, where the recipe keeps such. */
  private async withAverages<T>(state: State, work: () => Promise<T>): Promise<T> {
    const { compiled } = this.opened;
    if (this.options.recipe.ema === undefined) return work();
    const { before } = await takeAverages(this.opened, state);
    try {
      return await work();
    } finally {
      await compiled.writeState(before);
    }
  }

  private async judge({ epoch, step }: Moment, trained: MeanMetrics, lap: Stopwatch) {
    const { compiled, parts } = this.opened;
    const on = (part: 'validation' | 'test') => evaluate(compiled, this.feeder(part), { step });
    const judged = {
      train: { bound: null, ...trained.mean() },
      ...(parts.validation && { validation: await on('validation') }),
      ...(parts.test && { test: await on('test') }),
    };
    const { validation, test }: Partial<EpochRecord> = judged;
    const lost = [validation, test].find((part) => part && !Number.isFinite(part.loss));
    if (lost) throw this.notANumber(`The loss on data held back became ${lost.loss} at step ${step}.`);
    const { latent, ...look } = await this.look({ epoch, step });
    const { seconds, rate: samplesPerSecond, waited } = lap;
    return { record: { epoch, step, ...judged, seconds, samplesPerSecond, waited, ...latent }, look };
  }

  /** Codes and pictures, always of the same samples. */
  private async look({ epoch, step }: Moment) {
    const { compiled, pictures, shown, folder } = this.opened;
    const codes = await lookAtCodes(compiled, shown);
    if (![codes.mean, codes.logvar ?? []].every((numbers) => numbers.every(Number.isFinite)))
      throw this.notANumber(`The codes of ${shown.part} samples are not finite after step ${step}.`);
    const { kl, activeUnits } = statisticsOf(codes);
    const latent = { ...(codes.logvar && { klPerDimension: roundedList(kl) }), activeUnits };
    if (!isDrawn(epoch, this.epochs)) return { latent, codes };
    await writeLatentView(folder, shown, codes, { step, epoch });
    return { latent, codes, pictures: await pictures.ofEpoch(epoch) };
  }

  /** Epochs of the whole run, the last of them cut short where steps decide its length. */
  private get epochs(): number {
    const { recipe } = this.options;
    const { train } = this.opened.parts;
    return Math.ceil(lengthOf(recipe, train) / stepsPerEpoch(train, effectiveBatch(recipe)));
  }

  /** The state; one that is beyond repair is never drawn, kept or exported. */
  async finiteState(step: number): Promise<State> {
    const state = await this.opened.compiled.readState();
    const broken = Object.keys(state).find((name) => !state[name].data.every(Number.isFinite));
    if (broken) throw this.notANumber(`${broken} holds numbers that are not finite after step ${step}.`);
    return state;
  }

  /** @param updates that were made before */
  notANumber(what: string, updates = Number.POSITIVE_INFINITY): TrainerError {
    const kept = existsSync(this.opened.folder.checkpoint('last'))
      ? ` The last checkpoint in ${this.options.out} is untouched.`
      : '';
    return new TrainerError('not-a-number', `${what} ${adviseFinite(this.options.recipe, updates)}${kept}`);
  }
}
