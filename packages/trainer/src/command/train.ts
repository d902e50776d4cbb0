import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { describeLikelihoodInput, openDataset } from '../data/index.js';
import type { EngineName } from '../engines/index.js';
import { engines } from '../engines/index.js';
import type { Recipe } from '../recipe/recipe.js';
import type { Metrics } from '../run/metrics.js';
import { train } from '../run/train.js';
import type { EpochRecord, TrainEvents, TrainResult } from '../run/types.js';
import {
  createOutput,
  createProgress,
  type Output,
  type Progress,
  parseChoice,
  parseDuration,
  parseWhole,
  type Streams,
  UsageError,
} from '../terminal/index.js';
import {
  addRecipeOptions,
  DEFAULT_RECIPE,
  parseFolder,
  type RecipeFlags,
  resolveRecipe,
} from './recipe-options.js';

const devices = ['auto', 'cpu', 'cuda', 'webgpu'] as const;

interface TrainFlags extends RecipeFlags {
  readonly steps?: number;
  readonly engine: EngineName;
  readonly device: (typeof devices)[number];
  readonly threads: number;
  readonly out?: string;
  readonly resume?: string;
  readonly overwrite?: boolean;
  readonly checkpointEvery?: number;
  readonly keepEvery?: number;
  readonly timeLimit?: number;
  readonly logEvery?: number;
  readonly json?: boolean;
}

/** Adds the words and flags of `vae-train` to an empty command. */
export function setUp(command: Command, streams: Streams): void {
  const engineNames = Object.keys(engines) as EngineName[];
  addRecipeOptions(command.description('Train a VAE and export it as ONNX.'))
    .option('--steps <n>', 'stop after so many updates', parseWhole('--steps', { min: 1 }))
    .option('--engine <name>', engineNames.join(', '), parseChoice('--engine', engineNames), 'ort')
    .option('--device <name>', devices.join(', '), parseChoice('--device', devices), 'auto')
    .option(
      '--threads <n>',
      'threads of the engine',
      parseWhole('--threads', { min: 1, max: 256 }),
      availableParallelism(),
    )
    .option('--out <dir>', 'the run folder (default: runs/<recipe>-<time>)', parseFolder('--out'))
    .option('--resume <dir>', 'go on with the run in this folder', parseFolder('--resume'))
    .option('--overwrite', 'replace a run that the folder holds')
    .option(
      '--checkpoint-every <steps>',
      'beside the checkpoint after each epoch',
      parseWhole('--checkpoint-every', { min: 1 }),
    )
    .option(
      '--keep-every <steps>',
      'steps between checkpoints that are kept for good',
      parseWhole('--keep-every', { min: 1 }),
    )
    .option(
      '--time-limit <time>',
      'end after so long, with a model: 90s, 30m, 2h',
      parseDuration('--time-limit'),
    )
    .option(
      '--log-every <steps>',
      'steps between lines of metrics.jsonl',
      parseWhole('--log-every', { min: 1 }),
      100,
    )
    .option('--json', 'end with one JSON object on stdout')
    .action((recipe: string | undefined, flags: TrainFlags) => run(recipe, flags, streams));
}

/** `runs/seed-cvae-20260102-030405`, with a number behind it where that exists. */
function freshFolder(name: string): string {
  const time = new Date()
    .toISOString()
    .replace(/[-:]|\..*/g, '')
    .replace('T', '-');
  const base = join('runs', `${name}-${time}`);
  let path = base;
  for (let i = 2; existsSync(path); i++) path = `${base}-${i}`;
  return path;
}

/** What to call this way of training again. */
function commandLine(word: string | undefined, flags: TrainFlags): string {
  const quote = (text: string) =>
    /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
  const { timeLimit, ...rest } = flags;
  const given = { ...rest, ...(timeLimit !== undefined && { timeLimit: `${timeLimit}s` }) };
  const words = Object.entries(given)
    .filter(([key]) => !['json', 'resume', 'overwrite', 'out'].includes(key))
    .map(
      ([key, value]) =>
        `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${value === false ? 'none' : quote(String(value))}`,
    );
  const recipe = word ?? (flags.resume === undefined ? DEFAULT_RECIPE : join(flags.resume, 'recipe.json'));
  return ['vae-train', quote(recipe), ...words].join(' ');
}

function checkDevice({ device, engine }: TrainFlags): void {
  if (engine === 'ort' && (device === 'cuda' || device === 'webgpu'))
    throw new UsageError(
      `--device ${device}: training runs on the CPU in this version. Use --device cpu or auto.`,
    );
}

function describeMetrics(metrics: Metrics): string {
  return ['loss', 'bound', 'reconstruction', 'kl']
    .filter((name) => typeof metrics[name] === 'number')
    .map((name) => `${name} ${metrics[name]!.toFixed(3)}`)
    .join('  ');
}

function describeEpoch({ epoch, train, validation, test, samplesPerSecond }: EpochRecord): string {
  const parts = { train, validation, test };
  const lines = Object.entries(parts).flatMap(([name, metrics]) =>
    metrics ? [`${name}: ${describeMetrics(metrics)}`] : [],
  );
  return `epoch ${epoch}  ${lines.join('  |  ')}  |  ${Math.round(samplesPerSecond)} samples/s`;
}

/** Shows a run as it goes: a bar on a terminal, plain lines elsewhere. */
function reportProgress(
  recipe: Recipe,
  device: TrainFlags['device'],
  streams: Streams,
  output: Output,
): TrainEvents & { finish(): void } {
  let bar: Progress | undefined;
  let stepsPerEpoch = 1;
  return {
    onStart: (info) => {
      if (device === 'auto') output.note('device: cpu (the one that training runs on in this version)');
      stepsPerEpoch = info.stepsPerEpoch;
      output.note(
        `${recipe.name}: ${info.parameters} parameters, ${info.steps} steps of ${recipe.batch}, ${info.engine}`,
      );
      if (recipe.objective.type !== 'autoencoder')
        output.note(describeLikelihoodInput(recipe.data.binarize, recipe.likelihood.type));
      if (info.startStep > 0) output.note(`resumed after step ${info.startStep}`);
      if (info.startStep >= info.steps) output.note('nothing left to train; the model is exported again');
      bar = createProgress({
        stream: streams.stderr,
        total: info.steps,
        label: 'train',
        startAt: info.startStep,
      });
    },
    onStep: ({ step, loss, samplesPerSecond }) =>
      bar?.update({
        done: step,
        fields: {
          epoch: String(Math.ceil(step / stepsPerEpoch)),
          loss: loss.toFixed(2),
          'samples/s': String(Math.round(samplesPerSecond)),
        },
      }),
    onEpoch: (record) => bar?.line(describeEpoch(record)),
    onNote: (text) => output.note(text),
    finish: () => bar?.finish(),
  };
}

/** Ends with a checkpoint at the first signal, and at once at the second. */
function stopOnSignal(): { signal: AbortSignal; exitCode(): number; dispose(): void } {
  const controller = new AbortController();
  let code = 0;
  const stop = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(code);
    code = name === 'SIGINT' ? 130 : 143;
    controller.abort();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  return {
    signal: controller.signal,
    exitCode: () => code,
    dispose: () => void process.off('SIGINT', stop).off('SIGTERM', stop),
  };
}

/** The length that a run was asked to have is no part of its recipe. */
const lengthFlag = ({ steps }: TrainFlags): string => (steps === undefined ? '' : ` --steps ${steps}`);

const ENDINGS = {
  patience: 'ended early: no better bound on validation data for a while',
  time: 'ended at the time limit; --resume goes on from here',
} as const;

function summary({ out, model, test, train, ended }: TrainResult): string {
  if (ended === 'signal') return '';
  return [
    ...(ended === 'steps' ? [] : [ENDINGS[ended]]),
    `test  ${describeMetrics(test ?? train)} (nats per sample)`,
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
  throw new UsageError(
    `--resume ${resume}: there is no run in that folder. Check the name, or name a RECIPE to start one.`,
  );
}

async function run(word: string | undefined, flags: TrainFlags, streams: Streams): Promise<void> {
  const output = createOutput({ json: flags.json, streams });
  checkDevice(flags);
  if (flags.resume && flags.out && resolve(flags.resume) !== resolve(flags.out))
    throw new UsageError(`--resume ${flags.resume} goes on in that folder; leave out --out ${flags.out}.`);
  const recipe = await resolveRecipe(word ?? storedRecipe(flags.resume), flags);
  const stop = stopOnSignal();
  const progress = reportProgress(recipe, flags.device, streams, output);
  try {
    const dataset = await openDataset(recipe.data.source, {
      seed: recipe.seed,
      signal: stop.signal,
      onNote: (note) => output.note(note),
      onProgress: downloadProgress(streams),
    });
    const result = await train({
      recipe,
      dataset,
      ...flags,
      out: flags.resume ?? flags.out ?? freshFolder(recipe.name),
      resume: flags.resume !== undefined,
      signal: stop.signal,
      events: progress,
      command: commandLine(word, flags),
    });
    progress.finish();
    if (result.interrupted) {
      output.note(
        `Stopped with a checkpoint. Go on with: vae-train --resume ${result.out}${lengthFlag(flags)}`,
      );
      process.exitCode = stop.exitCode();
    }
    output.result(result, summary(result));
  } finally {
    progress.finish();
    stop.dispose();
  }
}

function downloadProgress(
  streams: Streams,
): (state: { file: string; loaded: number; total?: number }) => void {
  let current: { file: string; bar: Progress } | undefined;
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  return ({ file, loaded, total = loaded }) => {
    if (current?.file !== file) {
      current?.bar.finish();
      current = { file, bar: createProgress({ stream: streams.stderr, total, label: file }) };
    }
    current.bar.update({ done: loaded, fields: { MB: `${megabytes(loaded)}/${megabytes(total)}` } });
    if (loaded >= total) current.bar.finish();
  };
}
