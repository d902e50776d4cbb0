import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { VAE } from '@vae/sdk';
import { MANIFEST_FILE } from '@vae/sdk/manifest';
import {
  createOutput,
  createProgress,
  type Output,
  type Progress,
  type Streams,
  UsageError,
} from '@vae/trainer/terminal';
import { refusalOf } from './io/explain-folder.js';
import { pictureView } from './io/picture-view.js';
import { modelOfRun } from './io/run-folder.js';
import type { ModelOptions } from './options.js';

/** A loaded model and where to print; what a command's work is given. */
export interface Session {
  /** With images [C, H, W] in 0 to 1, whatever the model's own are; see `pictureView`. */
  readonly vae: VAE;
  readonly output: Output;
  progress(label: string, total: number): Progress;
}

interface LoadOptions extends ModelOptions {
  /** Compute in this thread, for work that is done before a worker thread has started. */
  readonly inThread?: boolean;
  /** Give the model as it is. */
  readonly anyModel?: boolean;
}

/** A run's folder stands for the model in it. */
const modelIn = (source: string): string =>
  existsSync(join(modelOfRun(source), MANIFEST_FILE)) ? modelOfRun(source) : source;

/** Loads a model, does the work, and lets go of the model whatever happens. */
export async function withModel(
  source: string,
  { device, threads, classes, json, inThread = false, anyModel = false }: LoadOptions,
  streams: Streams,
  work: (session: Session) => Promise<void>,
): Promise<void> {
  const refusal = await refusalOf(source);
  if (refusal !== undefined) throw new UsageError(refusal);
  const { VAE } = await import('@vae/sdk');
  // A folder that the user names may keep weights in files of their own; only plain names in it are read.
  const worker = inThread ? false : undefined;
  const labels = classes === undefined ? {} : { labels: { classes } };
  const options = { device, threads, worker, externalData: true, ...labels };
  const vae = await VAE.load(modelIn(source), options).catch((error: unknown) => {
    throw noModel(source, error);
  });
  try {
    await work({
      vae: anyModel ? vae : pictureView(vae),
      output: withoutRepeats(createOutput({ json, streams })),
      progress: (label, total) => createProgress({ stream: streams.stderr, label, total }),
    });
  } finally {
    await vae.dispose();
  }
}

/** The SDK's advice on a folder without files that it knows is for programs. */
function noModel(source: string, error: unknown): unknown {
  const { code } = error as { code?: unknown };
  if (code !== 'not-found' || !existsSync(source) || existsSync(join(source, MANIFEST_FILE))) return error;
  return new UsageError(
    `"${source}" is no model folder: it has no ${MANIFEST_FILE}, and no encoder.onnx or decoder.onnx either. Give the folder of a model or of a run.`,
    { cause: error },
  );
}

/** The same note on two inputs is told once. */
function withoutRepeats(output: Output): Output {
  const told = new Set<string>();
  return {
    ...output,
    note(text) {
      if (!told.has(text)) output.note(text);
      told.add(text);
    },
  };
}

/** The given seed, or a new one. */
export async function chooseSeed(seed: number | undefined): Promise<number> {
  if (seed !== undefined) return seed;
  const { freshSeed } = await import('@vae/sdk/random');
  // Half of the bits are enough, and short enough to type again.
  return freshSeed() % 2 ** 32;
}

/** Once all has gone well: how to repeat a run whose seed was drawn. */
export function noteSeed(given: number | undefined, used: number | undefined, output: Output): void {
  if (given === undefined && used !== undefined)
    output.note(`Seed ${used}; add --seed ${used} to repeat this.`);
}
