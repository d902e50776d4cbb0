import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { decodeNpy, encodeNpy } from '@vae/sdk/media';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import type { State } from '../engines/engine.js';
import { TrainerError } from '../errors.js';
import { effectiveBatch, type Recipe } from '../recipe/recipe.js';
import { atomicWrite } from '../terminal/atomic-write.js';
import { systemReason } from '../terminal/system-reason.js';
import type { MeanMetricsState } from './metrics.js';
import type { EpochRecord } from './types.js';

/** Where a run stands. Noise and data order follow from seed and step, so this is all that they need. */
export interface Progress {
  readonly recipe: Recipe;
  /** Name of the data set. */
  readonly dataset: string;
  /** Updates done. */
  readonly step: number;
  /** Full epochs done; the rest of `step` lies in the next one. */
  readonly epoch: number;
  /** Means of the epoch that is under way. */
  readonly partial: MeanMetricsState;
  /** The best epoch so far by the validation part; absent without one. */
  readonly best?: EpochRecord;
}

export interface Checkpoint {
  readonly progress: Progress;
  readonly state: State;
}

const VERSION = 1;
const HEADER = 'checkpoint.json';
// A fixed date, so that the same state gives the same bytes.
const zipOptions = { level: 0, mtime: '1980-01-01T00:00:00' } as const;

/** Of everything in a checkpoint: reading a zip file checks no sums of its own. */
function checksum(progress: object, arrays: Readonly<Record<string, Uint8Array>>): string {
  const hash = createHash('sha256').update(JSON.stringify(progress));
  for (const name of Object.keys(arrays).sort()) hash.update(name).update(arrays[name]);
  return hash.digest('hex');
}

/**
 * Writes a checkpoint whole or not at all: one zip file with `checkpoint.json` and one .npy per state tensor, which
 * NumPy opens too.
 *
 * @throws TrainerError "not-saved" when the system refuses: a full disk, no permission
 */
export async function saveCheckpoint(path: string, { progress, state }: Checkpoint): Promise<void> {
  const arrays: Record<string, Uint8Array> = {};
  for (const [name, tensor] of Object.entries(state)) arrays[`${name}.npy`] = encodeNpy(tensor);
  const sha256 = checksum(progress, arrays);
  const header = JSON.stringify({ format: 'vae-checkpoint', version: VERSION, sha256, ...progress });
  const files = { [HEADER]: strToU8(header), ...arrays };
  const bytes = zipSync(files, zipOptions);
  try {
    await atomicWrite(path, bytes);
  } catch (error) {
    throw notSaved(error, path, { bytes: bytes.length, step: progress.step });
  }
}

function notSaved(error: unknown, path: string, { bytes, step }: { bytes: number; step: number }): unknown {
  const reason = systemReason((error as Error).cause);
  if (reason === undefined) return error;
  const kept = existsSync(path) ? 'the one before it is untouched' : 'there is none before it';
  return new TrainerError(
    'not-saved',
    `${path}: could not write the checkpoint after step ${step}, ${bytes} bytes: ${reason}; ${kept}. Make room or give ` +
      'permission, then go on with --resume.',
    { cause: error },
  );
}

/**
 * @returns undefined when there is no such file
 * @throws TrainerError "bad-file" when it is damaged or of another version
 */
export async function loadCheckpoint(path: string): Promise<Checkpoint | undefined> {
  if (!existsSync(path)) return undefined;
  try {
    const { [HEADER]: header, ...arrays } = unzipSync(await readFile(path));
    const { format, version, sha256, ...progress } = JSON.parse(strFromU8(header));
    if (format !== 'vae-checkpoint' || version !== VERSION)
      throw new Error(
        `it is ${format} version ${version}, this program reads vae-checkpoint version ${VERSION}`,
      );
    if (sha256 !== checksum(progress, arrays)) throw new Error('its contents do not match their checksum');
    const state = Object.entries(arrays).map(([name, bytes]) => [
      name.slice(0, -'.npy'.length),
      decodeNpy(bytes),
    ]);
    return { progress, state: Object.fromEntries(state) };
  } catch (cause) {
    throw new TrainerError(
      'bad-file',
      `${path}: not a usable checkpoint (${(cause as Error).message}). Delete it to start afresh.`,
      { cause },
    );
  }
}

/** What must stay as it was for a run to go on as the same one: all but its length, its step size and where data lie. */
function settings({ dataset, recipe }: { dataset: string; recipe: Recipe }): Record<string, unknown> {
  const { model, likelihood, objective, seed, data, ema, precision = 'float32' } = recipe;
  const { learningRate: _rate, clipNorm: _norm, ...optimizer } = recipe.optimizer;
  const { binarize, validation } = data;
  return {
    data: dataset,
    binarize,
    validation,
    model,
    likelihood,
    objective,
    optimizer,
    ema,
    precision,
    batch: effectiveBatch(recipe),
    seed,
  };
}

/** @throws TrainerError "bad-recipe" naming the setting that a resumed run changes */
export function requireSameSettings(
  progress: Progress,
  { recipe, dataset, out }: { recipe: Recipe; dataset: { name: string }; out: string },
): void {
  const before = settings(progress);
  const now = settings({ recipe, dataset: dataset.name });
  const changed = Object.keys(now).find((key) => JSON.stringify(now[key]) !== JSON.stringify(before[key]));
  if (changed === undefined) return;
  const show = (value: unknown) => (typeof value === 'object' ? '' : ` (${value})`);
  throw new TrainerError(
    'bad-recipe',
    `${out}: "${changed}"${show(now[changed])} is not what the run began with${show(before[changed])}. Leave it as it was, ` +
      'or choose another --out.',
  );
}
