import type { Split } from '../data/dataset.js';
import { requireLikelihoodFits } from '../data/preprocess.js';
import type { Compiled } from '../engines/engine.js';
import { engines } from '../engines/index.js';
import { exporters } from '../export/exporters.js';
import { sampleSize } from '../graph/shape.js';
import { buildPrograms, initialState, type Programs } from '../programs.js';
import { effectiveBatch, type Recipe } from '../recipe/recipe.js';
import { atomicWrite } from '../terminal/atomic-write.js';
import { asOneBatch, compileAccumulating } from './accumulate.js';
import { holdBack, stepsPerEpoch } from './batches.js';
import { type Checkpoint, requireSameSettings } from './checkpoint.js';
import { Checkpoints } from './checkpoints.js';
import type { FeederOptions } from './feeder.js';
import { RunFolder } from './folder.js';
import type { Shown } from './latent-view.js';
import { takeLock } from './lock.js';
import { DEFAULT_LOG, openLoggers } from './loggers/index.js';
import type { Logger } from './loggers/logger.js';
import { requireMemory } from './memory.js';
import { Pictures } from './pictures.js';
import type { TrainOptions } from './types.js';

/** Everything that a run works with. */
export interface Opened {
  readonly folder: RunFolder;
  readonly checkpoints: Checkpoints;
  /** What the run goes on from; absent for a new one. */
  readonly checkpoint?: Checkpoint;
  readonly programs: Programs;
  readonly compiled: Compiled;
  readonly parts: ReturnType<typeof holdBack>;
  /** What reading samples needs beside the part that they are of. */
  readonly feeding: Omit<FeederOptions, 'program' | 'split'>;
  readonly pictures: Pictures;
  /** What pictures and codes are of. */
  readonly shown: Shown;
  readonly logger: Logger;
  /** Ends the engine and gives the folder back. */
  close(): Promise<void>;
}

async function findCheckpoint(checkpoints: Checkpoints, options: TrainOptions) {
  if (!options.resume) return undefined;
  const { events, out } = options;
  const checkpoint = await checkpoints.loadNewest(events?.onNote);
  if (checkpoint) requireSameSettings(checkpoint.progress, options);
  else events?.onNote?.(`${out} holds no complete checkpoint; starting afresh.`);
  return checkpoint;
}

async function compile(
  { train, evaluate, encode, decode }: Programs,
  state: Checkpoint['state'],
  { engine = 'ort', recipe, threads, device, events }: TrainOptions,
): Promise<Compiled> {
  const programs = { train, evaluate, encode, decode };
  const options = { threads, device, onNote: events?.onNote };
  return compileAccumulating(await engines[engine](), programs, state, recipe, options);
}

/** Steps of the whole run. */
export const lengthOf = (recipe: Recipe, train: Split): number =>
  recipe.steps ?? recipe.epochs * stepsPerEpoch(train, effectiveBatch(recipe));

/**
 * Makes a run ready: checks it against data and machine, takes the folder, starts the engine. What fails leaves
 * the folder as it was.
 */
export async function openRun(options: TrainOptions): Promise<Opened> {
  const { recipe, dataset, out, exportVia } = options;
  // What is missing is better known before hours of training than after them.
  if (exportVia)
    await exporters[exportVia].prepare({ onNote: options.events?.onNote, signal: options.signal });
  const folder = new RunFolder(out);
  const checkpoints = new Checkpoints(folder, options.keepEvery);
  const checkpoint = await findCheckpoint(checkpoints, options);
  const programs = buildPrograms(asOneBatch(recipe), dataset.shape);
  requireMemory(programs, dataset.shape);
  requireLikelihoodFits(dataset, recipe.likelihood.type);
  const parts = holdBack(dataset.train, recipe.data.validation, recipe.seed);
  const [done, total] = [checkpoint?.progress.step ?? 0, lengthOf(recipe, parts.train)];
  if (!checkpoint) folder.requireFree({ overwrite: options.overwrite === true || options.resume === true });
  await folder.make();
  const unlock = takeLock(folder.lock(), out);
  let compiled: Compiled | undefined;
  let logger: Logger;
  let before: Awaited<ReturnType<RunFolder['setAside']>> | undefined;
  try {
    // A model that is there stays until there is a new one, unless the user said otherwise.
    if (!checkpoint) before = await folder.setAside({ keepModel: options.overwrite !== true });
    // Where nothing is trained any more, what was trained with stays written.
    if (total > done) await atomicWrite(folder.recipe(), `${JSON.stringify(recipe, null, 2)}\n`);
    compiled = await compile(programs, checkpoint?.state ?? initialState(programs, recipe.seed), options);
    if (checkpoint)
      await folder.rewind(checkpoint.progress.step, stepsPerEpoch(parts.train, effectiveBatch(recipe)));
    const { log = DEFAULT_LOG, events } = options;
    logger = await openLoggers(log, { folder, recipe, startStep: done, onNote: events?.onNote });
    await before?.drop();
  } catch (error) {
    await compiled?.dispose();
    await before?.restore();
    unlock();
    if (!checkpoint) await folder.dropEmpty({ self: true });
    throw error;
  }
  const feeding = {
    itemSize: sampleSize(dataset.shape),
    binarize: recipe.data.binarize,
    seed: recipe.seed,
    range: dataset.range,
  };
  const part = dataset.test ? 'test' : parts.validation ? 'validation' : 'train';
  const split = dataset.test ?? parts.validation ?? parts.train;
  const { classes } = dataset;
  const shown = { ...feeding, part, split, latent: recipe.model.latent, classes } as const;
  const pictures = new Pictures({
    ...shown,
    compiled,
    folder,
    shape: dataset.shape,
    kind: programs.objective.latent,
  });
  const engine = compiled;
  const close = async () => {
    try {
      await logger.close();
    } finally {
      await engine.dispose();
      unlock();
    }
  };
  return {
    folder,
    checkpoints,
    checkpoint,
    programs,
    compiled,
    parts,
    feeding,
    pictures,
    shown,
    logger,
    close,
  };
}
