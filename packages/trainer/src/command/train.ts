import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Dataset } from '../data/dataset.js';
import { openDataset } from '../data/open.js';
import { type ExporterName, exporters } from '../export/exporters.js';
import { train } from '../run/train.js';
import type { TrainResult } from '../run/types.js';
import {
  createOutput,
  parseChoice,
  parseFolder,
  parseWhole,
  type Streams,
  UsageError,
} from '../terminal/index.js';
import { quote } from '../text/quote.js';
import { addEngineOptions, type EngineFlags, requireDevice } from './engine-options.js';
import { inFolder } from './fresh-folder.js';
import { addRecipeOptions, DEFAULT_RECIPE, type RecipeFlags, resolveRecipe } from './recipe-options.js';
import { describeMetrics, downloadProgress, reportProgress } from './report-progress.js';
import { addRunOptions, type RunFlags } from './run-options.js';
import { stopOnSignal } from './stop-on-signal.js';

interface TrainFlags extends RecipeFlags, EngineFlags, RunFlags {
  readonly exportVia?: ExporterName;
  readonly out?: string;
  readonly resume?: string;
  readonly overwrite?: boolean;
  readonly checkpointEvery?: number;
  readonly keepEvery?: number;
  readonly logEvery?: number;
  readonly json?: boolean;
}

/** Adds the words and flags of `vae-train` to an empty command. */
export function setUp(command: Command, streams: Streams): void {
  addRunOptions(addEngineOptions(addRecipeOptions(command)))
    .option('--out <dir>', 'the run folder (default: runs/<recipe>-<time>)', parseFolder('--out'))
    .option('--resume <dir>', 'go on with the run in this folder', parseFolder('--resume'))
    .option('--overwrite', 'replace a run that the folder holds')
    .option(
      '--checkpoint-every <steps>',
      'beside checkpoints after epochs, at most one a second',
      parseWhole('--checkpoint-every', { min: 1 }),
    )
    .option(
      '--keep-every <steps>',
      'steps between checkpoints that are kept for good',
      parseWhole('--keep-every', { min: 1 }),
    )
    .option(
      '--log-every <steps>',
      'steps between lines of metrics.jsonl',
      parseWhole('--log-every', { min: 1 }),
      100,
    )
    .option(
      '--export-via <name>',
      'who writes the ONNX files: native, or tf2onnx from TensorFlow graphs (default: native)',
      parseChoice('--export-via', Object.keys(exporters) as ExporterName[]),
    )
    .option('--json', 'end with one JSON object on stdout')
    .action((recipe: string | undefined, flags: TrainFlags) => run(recipe, flags, streams));
}

/** What to call this way of training again. */
function commandLine(word: string | undefined, flags: TrainFlags): string {
  const { timeLimit, log, ...rest } = flags;
  const given = { ...rest, ...(timeLimit !== undefined && { timeLimit: `${timeLimit}s` }) };
  const words = Object.entries(given)
    .filter(([key]) => !['json', 'resume', 'overwrite', 'out'].includes(key))
    .map(
      ([key, value]) =>
        `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${value === false ? 'none' : quote(String(value))}`,
    );
  for (const name of log?.length === 0 ? ['none'] : (log ?? [])) words.push(`--log ${quote(name)}`);
  const recipe = word ?? (flags.resume === undefined ? DEFAULT_RECIPE : join(flags.resume, 'recipe.json'));
  return ['vae-train', quote(recipe), ...words].join(' ');
}

const ENDINGS = {
  patience: 'ended early: no better bound on validation data for a while',
  time: 'ended at the time limit; --resume goes on from here',
} as const;

/** What a signal waits for may take long: the parts of large data are judged before the model is written. */
const STOPPING =
  'Stopping after the steps under way, or with the model where the last step is done. Another signal (Ctrl-C) ends the process at once.';

function summary({ out, model, test, validation, train, ended, interrupted }: TrainResult): string {
  if (interrupted || ended === 'signal') return '';
  const part = test ? 'test' : validation ? 'validation' : 'train';
  return [
    ...(ended === 'steps' ? [] : [ENDINGS[ended]]),
    `${part}  ${describeMetrics(test ?? validation ?? train)} (nats per sample)`,
    `model     ${model}`,
    `pictures  ${join(out, 'pictures')}`,
    `report    ${join(out, 'report.html')}`,
  ].join('\n');
}

/** A run that goes on has its recipe in its folder. */
function storedRecipe(resume: string | undefined): string | undefined {
  if (resume === undefined) return undefined;
  const stored = join(resume, 'recipe.json');
  if (existsSync(stored)) return stored;
  if (existsSync(join(resume, 'checkpoints'))) {
    throw new UsageError(
      `--resume ${resume}: its recipe.json is missing. Name the recipe that the run began with: vae-train RECIPE --resume ${quote(resume)}.`,
    );
  }
  throw new UsageError(
    `--resume ${resume}: there is no run in that folder. Check the name, or name a RECIPE to start one.`,
  );
}

/** Whether a file that is not there is at the bottom of an error. */
function isAbsent(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return (error as NodeJS.ErrnoException).code === 'ENOENT' || isAbsent(error.cause);
}

/** A run keeps the path of its data as it was given, and a relative one counts from wherever the command runs. */
const lostData = (source: string, cause: Error): UsageError =>
  new UsageError(
    `${cause.message} The run has its data from ${quote(source)}: go on in the folder in which it began, or name their place with --data.`,
    { cause },
  );

async function run(word: string | undefined, flags: TrainFlags, streams: Streams): Promise<void> {
  const output = createOutput({ json: flags.json, streams });
  requireDevice(flags);
  if (flags.resume && flags.out && resolve(flags.resume) !== resolve(flags.out))
    throw new UsageError(`--resume ${flags.resume} goes on in that folder; leave out --out ${flags.out}.`);
  const recipe = await resolveRecipe(word ?? storedRecipe(flags.resume), flags);
  const isResumed = flags.resume !== undefined && flags.data === undefined;
  const stop = stopOnSignal();
  stop.signal.addEventListener('abort', () => output.note(STOPPING));
  const progress = reportProgress(recipe, streams, output);
  const {
    engine,
    device,
    threads,
    overwrite,
    checkpointEvery,
    keepEvery,
    logEvery,
    exportVia,
    timeLimit,
    log,
  } = flags;
  let dataset: Dataset | undefined;
  try {
    dataset = await openDataset(recipe.data.source, {
      seed: recipe.seed,
      signal: stop.signal,
      onNote: (note) => output.note(note),
      onProgress: downloadProgress(streams),
    }).catch((error) => {
      throw isResumed && isAbsent(error) ? lostData(recipe.data.source, error) : error;
    });
    const options = {
      recipe,
      dataset,
      ...{ engine, device, threads, overwrite, checkpointEvery, keepEvery, logEvery },
      ...{ exportVia, timeLimit, log },
      resume: flags.resume !== undefined,
      signal: stop.signal,
      events: progress,
      command: commandLine(word, flags),
    };
    const result = await inFolder(flags.resume ?? flags.out, recipe.name, (out) =>
      train({ ...options, out }),
    );
    progress.finish();
    if (result.interrupted) {
      output.note(`Stopped with a checkpoint. Go on with: vae-train --resume ${quote(result.out)}`);
      // Without a signal it was its data set that did not answer, which is bad input.
      process.exitCode = stop.exitCode() || 2;
    }
    output.result(result, summary(result));
  } catch (error) {
    // Before training began; from there on a signal is an ending of the run.
    if (!stop.signal.aborted || error !== stop.signal.reason) throw error;
    progress.finish();
    output.note('Stopped.');
    output.result({ interrupted: true });
    process.exitCode = stop.exitCode();
  } finally {
    progress.finish();
    stop.dispose();
    await dataset?.close?.();
  }
}
