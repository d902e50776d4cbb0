import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { decodeNpy, encodeNpy } from '@vae/sdk/media';
import { strFromU8, strToU8, unzipSync } from 'fflate';
import type { State } from '../engines/engine.js';
import { TrainerError } from '../errors.js';
import { atomicWrite } from '../files/atomic-write.js';
import { systemReason } from '../files/system-reason.js';
import type { Recipe } from '../recipe/recipe.js';
import type { DataFacts } from './data-facts.js';
import type { MeanMetricsState } from './metrics.js';
import { isSealed, isWhole, sealedZip } from './seal.js';
import type { EpochRecord } from './types.js';

/** Where a run stands. Noise and data order follow from seed and step, so this is all that they need. */
export interface Progress {
  readonly recipe: Recipe;
  /** Name of the data set; early checkpoints lack it. */
  readonly dataset?: string;
  /** What the data were like; early checkpoints lack it. */
  readonly data?: DataFacts;
  /** Updates done. */
  readonly step: number;
  /** Full epochs done; the rest of `step` lies in the next one. */
  readonly epoch: number;
  /** Means of the epoch that is under way. */
  readonly partial: MeanMetricsState;
  /** The best epoch so far by the validation part, absent without one; of early checkpoints, what it was chosen by. */
  readonly best?: EpochRecord | number;
}

export interface Checkpoint {
  readonly progress: Progress;
  readonly state: State;
}

/** 1 had its checksum in its header, 2 has it near its end. */
const VERSION = 2;
const HEADER = 'checkpoint.json';

type Arrays = Readonly<Record<string, Uint8Array>>;

/** What version 1 has in its header: the SHA-256 of the header's other fields, then of every array with its name. */
function checksumOfParts(progress: object, arrays: Arrays): string {
  const hash = createHash('sha256').update(JSON.stringify(progress));
  for (const name of Object.keys(arrays).sort()) hash.update(name).update(arrays[name]);
  return hash.digest('hex');
}

/**
 * Writes a checkpoint whole or not at all: one zip file with `checkpoint.json` and one .npy per state tensor, which
 * NumPy opens too, with the SHA-256 of it all.
 *
 * @throws TrainerError "not-saved" when the system refuses: a full disk, no permission
 */
export async function saveCheckpoint(path: string, { progress, state }: Checkpoint): Promise<void> {
  const header = JSON.stringify({ format: 'vae-checkpoint', version: VERSION, ...progress });
  const files: Record<string, Uint8Array> = { [HEADER]: strToU8(header) };
  for (const [name, tensor] of Object.entries(state)) files[`${name}.npy`] = encodeNpy(tensor);
  const bytes = sealedZip(files);
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

/** @throws Error saying what is wrong with the file; TrainerError "newer-file" */
function parse(bytes: Uint8Array, path: string): Checkpoint {
  const sealed = isSealed(bytes);
  if (sealed && !isWhole(bytes)) throw new Error('its bytes do not match their checksum');
  const { [HEADER]: header, ...arrays } = unzipSync(bytes);
  const { format, version, ...fields } = JSON.parse(strFromU8(header)) as Record<string, unknown>;
  if (format !== 'vae-checkpoint' || !Number.isInteger(version) || Number(version) < 1)
    throw new Error(`it is ${format} version ${version}`);
  // Before the checksum is asked for: a later version may keep it elsewhere.
  if (Number(version) > VERSION)
    throw new TrainerError(
      'newer-file',
      `${path}: is a checkpoint of version ${version}, and this program reads versions 1 to ${VERSION}. Go on with a newer ` +
        '@vae/trainer, or choose another --out.',
    );
  if (version !== 1 && !sealed) throw new Error('its checksum is missing');
  const state = Object.entries(arrays).map(([name, npy]) => [name.slice(0, -'.npy'.length), decodeNpy(npy)]);
  const progress = version === 1 ? progressOfVersion1(fields, arrays) : fields;
  return { progress: progress as unknown as Progress, state: Object.fromEntries(state) };
}

function progressOfVersion1({ sha256, ...progress }: Record<string, unknown>, arrays: Arrays): object {
  if (sha256 !== checksumOfParts(progress, arrays))
    throw new Error('its contents do not match their checksum');
  return progress;
}

/**
 * Reads a checkpoint of this version or an earlier one. Nothing of a damaged one is looked at but its checksum, from
 * version 2 on.
 *
 * @returns undefined when there is no such file
 * @throws TrainerError "bad-file" when it is damaged, "newer-file" when a newer version of this program wrote it
 */
export async function loadCheckpoint(path: string): Promise<Checkpoint | undefined> {
  if (!existsSync(path)) return undefined;
  try {
    return parse(await readFile(path), path);
  } catch (cause) {
    if (cause instanceof TrainerError && cause.code === 'newer-file') throw cause;
    const { message } = cause as Error;
    throw new TrainerError('bad-file', `${path}: not a usable checkpoint (${message}).`, { cause });
  }
}
