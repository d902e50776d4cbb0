import { existsSync } from 'node:fs';
import { requireNamed, requireParts, type Split } from '../data/dataset.js';
import { requireLikelihoodFits } from '../data/preprocess.js';
import { requireFiniteSquares } from '../data/tables/finite-squares.js';
import type { Compiled } from '../engines/engine.js';
import { engines } from '../engines/index.js';
import { TrainerError } from '../errors.js';
import { exporters } from '../export/exporters.js';
import { requireWritable } from '../export/halves.js';
import { requireDescribable } from '../export/require-describable.js';
import { atomicWrite } from '../files/atomic-write.js';
import { sampleSize } from '../graph/shape.js';
import { buildPrograms, initialState, type Programs } from '../programs.js';
import { effectiveBatch, type Recipe } from '../recipe/recipe.js';
import { asOneBatch, compileAccumulating } from './accumulate.js';
import { holdBack, stepsPerEpoch } from './batches.js';
import type { Checkpoint, Progress } from './checkpoints/checkpoint.js';
import { Checkpoints } from './checkpoints/checkpoints.js';
import { describeDecoderEnd } from './decoder-end.js';
import type { FeederOptions } from './feeder.js';
import { RunFolder } from './folder.js';
import { inChunks } from './in-chunks.js';
import type { Shown } from './latent/latent-view.js';
import { takeLock } from './lock.js';
import { DEFAULT_LOG } from './loggers/index.js';
import type { Logger } from './loggers/logger.js';
import { openLoggers } from './loggers/open.js';
import { requireMemory } from './memory.js';
import { Pictures } from './pictures/pictures.js';
import { requireClasses } from './require-classes.js';
import { type DataFacts, dataFacts, requireSameData, withItems } from './resume/data-facts.js';
import { requireSameNetworks } from './resume/networks.js';
import { describeChanges, requireSameSettings } from './resume/settings.js';
import { NoData, Stop } from './stop.js';
import type { TrainOptions } from './types.js';
import { describeUnseen } from './unseen-classes.js';

/** Everything that a run works with. */
export interface Opened {
  readonly folder: RunFolder;
  readonly checkpoints: Checkpoints;
  /** What the run goes on from; absent for a new one. */
  readonly progress?: Progress;
  /** The best epoch before that, if the file `best` holds one. */
  readonly best?: Progress['best'];
  /** What is otherwise from here on than before the checkpoint, if anything. */
  readonly change?: string;
  readonly programs: Programs;
  readonly compiled: Compiled;
  readonly parts: ReturnType<typeof holdBack> & { readonly test?: Split };
  /** What ends the run from outside; nothing of `parts` is waited for much longer. */
  readonly stop: Stop;
  /** What the data are like. */
  readonly data: DataFacts;
  /** What reading samples needs beside the part that they are of. */
  readonly feeding: Omit<FeederOptions, 'program' | 'split'>;
  readonly pictures: Pictures;
  /** What pictures and codes are of. */
  readonly shown: Shown;
  readonly logger: Logger;
  /** Ends the engine and gives the folder back. */
  close(): Promise<void>;
}

/** What follows from the recipe and the data alone. */
interface Plan extends Pick<Opened, 'programs' | 'parts' | 'data'> {
  /** Steps of the whole run, and of an epoch. */
  readonly steps: number;
  readonly perEpoch: number;
}

/**
 * Checks a recipe against data and machine. Nothing is read or written yet.
 *
 * @param stop ends the wait for data that do not come
 * @throws TrainerError "bad-data", "bad-shape", "bad-recipe" or "bad-option" where they do not fit
 */
export function plan({ recipe, dataset }: Pick<TrainOptions, 'recipe' | 'dataset'>, stop: Stop): Plan {
  requireNamed(dataset);
  requireParts(dataset);
  const parts = {
    ...holdBack(stop.guard(dataset.train), recipe.data.validation, recipe.seed),
    ...(dataset.test && { test: stop.guard(dataset.test) }),
  };
  const classes = requireClasses(recipe, dataset);
  const programs = buildPrograms(asOneBatch(recipe), dataset.shape, classes, parts.train.size);
  requireMemory(programs, dataset.shape);
  requireWritable(programs);
  requireLikelihoodFits(dataset, recipe.likelihood.type);
  requireFiniteSquares(dataset);
  requireDescribable(recipe, dataset, programs);
  const perEpoch = stepsPerEpoch(parts.train, effectiveBatch(recipe));
  const data = dataFacts(dataset, parts, recipe);
  return { programs, parts, data, steps: lengthOf(recipe, parts.train), perEpoch };
}

/** Gives a folder back in which nothing was begun; none is left where there was none. */
async function leave(folder: RunFolder, unlock: () => void): Promise<void> {
  unlock();
  await folder.dropEmpty({ self: true });
}

/** @returns a function that gives the folder back */
async function takeFolder(
  folder: RunFolder,
  { resume, overwrite, events }: TrainOptions,
): Promise<() => void> {
  const requireFree = () => {
    folder.requireNoFolderForFile();
    if (resume && folder.holdsRun()) return;
    folder.requireFree({ overwrite: overwrite === true || folder.holdsFailedStart() });
  };
  requireFree();
  await folder.make();
  const unlock = takeLock(folder.lock(), folder.path);
  try {
    // Another process may have begun and ended a run since the first look.
    requireFree();
    if (!resume && !overwrite && folder.holdsRun())
      events?.onNote?.(
        `${folder.path} held a run that ended before its first checkpoint; this one takes its place.`,
      );
    return unlock;
  } catch (error) {
    await leave(folder, unlock);
    throw error;
  }
}

/** What the data are, with what some items are like. Data that fail are no different from those that fail later. */
async function measure({ data }: Plan, { dataset, signal }: TrainOptions, stop: Stop): Promise<DataFacts> {
  try {
    return await withItems(data, dataset, stop.guard(dataset.train));
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof NoData ? error.cause : error;
  }
}

/** What a run goes on from. The folder is locked, so nobody writes what is read here. */
async function findCheckpoint(
  folder: RunFolder,
  checkpoints: Checkpoints,
  { data, parts, programs }: Plan,
  options: TrainOptions,
): Promise<{ checkpoint?: Checkpoint } & Pick<Opened, 'best'>> {
  if (!options.resume) return {};
  const { events, out } = options;
  const checkpoint = await checkpoints.loadNewest(events?.onNote);
  if (checkpoint) {
    requireSameSettings(checkpoint.progress, options);
    requireSameData(checkpoint.progress, data, options.out);
    requireSameNetworks(checkpoint, programs, options.out);
    const { best } = checkpoint.progress;
    return { checkpoint, best: parts.validation && (await checkpoints.findBest(best, events?.onNote)) };
  }
  folder.requireFree({ overwrite: true });
  if (!options.overwrite && existsSync(folder.model())) {
    throw new TrainerError(
      'bad-file',
      `${out} holds a model, and no checkpoint to go on from. Put the checkpoint back, or begin a new run with another --out, or ` +
        'with --overwrite, which replaces the model.',
    );
  }
  events?.onNote?.(`${out} holds no complete checkpoint; starting afresh.`);
  return {};
}

async function compile(
  { train, evaluate, encode, decode }: Programs,
  state: Checkpoint['state'],
  { engine = 'ort', recipe, threads, device, events }: TrainOptions,
): Promise<Compiled> {
  const programs = { train, evaluate, encode, decode };
  const options = { threads, device, handOver: true, onNote: events?.onNote };
  const compiled = await compileAccumulating(await engines[engine](), programs, state, recipe, options);
  return inChunks(compiled, { evaluate, encode, decode }, recipe);
}

/** Steps of the whole run. A recipe has one of the two. */
export const lengthOf = (recipe: Recipe, train: Split): number =>
  recipe.steps ?? recipe.epochs! * stepsPerEpoch(train, effectiveBatch(recipe));

/** Starts the engine and the loggers. What fails leaves the folder's files as they were. */
async function start(
  folder: RunFolder,
  checkpoint: Checkpoint | undefined,
  { programs, steps, perEpoch }: Plan,
  options: TrainOptions,
): Promise<Pick<Opened, 'compiled' | 'logger' | 'change'>> {
  const { recipe, overwrite, events, log = DEFAULT_LOG, signal } = options;
  const startStep = checkpoint?.progress.step ?? 0;
  // Where nothing is trained any more, nothing changes, and what was trained with stays written.
  const isOver = steps <= startStep;
  const change = checkpoint && !isOver ? describeChanges(checkpoint.progress, options) : undefined;
  // A model that is there stays until there is a new one, unless the user said otherwise.
  const keep = checkpoint ? 'all' : overwrite ? 'nothing' : 'model';
  let compiled: Compiled | undefined;
  let before: Awaited<ReturnType<RunFolder['setAside']>> | undefined;
  let logger: Logger | undefined;
  try {
    compiled = await compile(programs, checkpoint?.state ?? initialState(programs, recipe.seed), options);
    // The last moment at which the folder is as it was.
    signal?.throwIfAborted();
    before = await folder.setAside({ keep });
    logger = await openLoggers(log, { folder, recipe, startStep, onNote: events?.onNote });
    if (change) events?.onNote?.(`From here on ${change}.`);
    // What cannot be taken back comes last.
    if (checkpoint) await folder.rewind(startStep, perEpoch);
    if (!isOver) await atomicWrite(folder.recipe(), `${JSON.stringify(recipe, null, 2)}\n`);
    await before.drop();
    return { compiled, logger, change };
  } catch (error) {
    await logger?.close();
    await compiled?.dispose();
    await before?.restore();
    throw error;
  }
}

/** What reading samples needs, and what pictures and codes are of. */
function look(
  { parts, programs }: Plan,
  { recipe, dataset }: TrainOptions,
): Pick<Opened, 'feeding' | 'shown'> {
  const feeding = {
    itemSize: sampleSize(dataset.shape),
    binarize: recipe.data.binarize,
    seed: recipe.seed,
    range: dataset.range,
  };
  const part = parts.test ? 'test' : parts.validation ? 'validation' : 'train';
  const split = parts[part]!;
  const { classes } = dataset;
  const { latent } = recipe.model;
  return { feeding, shown: { ...feeding, program: programs.encode, part, split, latent, classes } };
}

/**
 * Makes a run ready: checks it against data and machine, takes the folder, starts the engine. What fails leaves
 * the folder as it was.
 */
export async function openRun(options: TrainOptions): Promise<Opened> {
  const { recipe, dataset, out, exportVia, events, signal, keepEvery } = options;
  // What is missing is better known before hours of training than after them.
  if (exportVia) await exporters[exportVia].prepare({ onNote: events?.onNote, signal });
  const stop = new Stop(signal);
  const planned = plan(options, stop);
  const { programs, parts } = planned;
  const folder = new RunFolder(out);
  const unlock = await takeFolder(folder, options);
  try {
    const checkpoints = new Checkpoints(folder, keepEvery);
    const data = await measure(planned, options, stop);
    const { checkpoint, best } = await findCheckpoint(folder, checkpoints, { ...planned, data }, options);
    const { compiled, logger, change } = await start(folder, checkpoint, planned, options);
    for (const caution of [
      describeDecoderEnd(recipe, dataset.range),
      describeUnseen(recipe, dataset, parts.train),
    ])
      if (caution) events?.onNote?.(caution);
    const { feeding, shown } = look(planned, options);
    const kind = programs.objective.latent;
    const conditions = recipe.model.conditional && dataset.classes;
    const pictures = new Pictures({
      ...{ ...shown, compiled, folder, kind },
      shape: dataset.shape,
      ...(conditions && { conditions }),
    });
    const close = async () => {
      try {
        await logger.close();
      } finally {
        await compiled.dispose();
        unlock();
      }
    };
    // Not the checkpoint: its state is the engine's from here on.
    const held = { folder, checkpoints, progress: checkpoint?.progress, best, change, stop, close };
    return { ...held, programs, compiled, parts, data, feeding, pictures, shown, logger };
  } catch (error) {
    await leave(folder, unlock);
    throw error;
  }
}
