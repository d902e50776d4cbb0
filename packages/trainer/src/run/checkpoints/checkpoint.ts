import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Tensor } from '@vae/sdk/media';
import { NPY_HEAD_BYTES, npyHeaderOf, parseNpyHeader } from '../../data/tables/npy-header.js';
import type { State } from '../../engines/engine.js';
import { TrainerError } from '../../errors.js';
import { atomicWrite } from '../../files/atomic-write.js';
import { systemReason } from '../../files/system-reason.js';
import type { Recipe } from '../../recipe/recipe.js';
import type { MeanMetricsState } from '../metrics.js';
import type { DataFacts } from '../resume/data-facts.js';
import type { EpochRecord } from '../types.js';
import { isWhole, sealedZip, type ZippedFile } from './seal.js';
import { unzip } from './unzip.js';

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

type Arrays = ReadonlyMap<string, Uint8Array>;

/** A tensor as a .npy file: its numbers as they lie in memory, which is little-endian wherever an engine runs. */
const npyOf = ([name, { data, shape }]: readonly [string, Tensor]): ZippedFile => [
  `${name}.npy`,
  [npyHeaderOf(shape), new Uint8Array(data.buffer, data.byteOffset, data.byteLength)],
];

/** The tensor of such a file, in the file's own memory. */
function tensorOf([name, npy]: readonly [string, Uint8Array]): [string, Tensor] {
  const { type, shape, start } = parseNpyHeader(npy.subarray(0, NPY_HEAD_BYTES), npy.length, name);
  if (type.name !== 'f4' || !type.little) throw new Error(`${name} in it is not of little-endian float32`);
  return [name.slice(0, -'.npy'.length), { data: new Float32Array(npy.buffer, start), shape }];
}

/** What version 1 has in its header: the SHA-256 of the header's other fields, then of every array with its name. */
function checksumOfParts(progress: object, arrays: Arrays): string {
  const hash = createHash('sha256').update(JSON.stringify(progress));
  for (const name of [...arrays.keys()].sort()) hash.update(name).update(arrays.get(name)!);
  return hash.digest('hex');
}

/**
 * Writes a checkpoint whole or not at all: one zip file with `checkpoint.json` and one .npy per state tensor, which
 * NumPy opens too, with the SHA-256 of it all. Nothing is copied: the state must not change meanwhile.
 *
 * @throws TrainerError "not-saved" when the system refuses: a full disk, no permission
 */
export async function saveCheckpoint(path: string, { progress, state }: Checkpoint): Promise<void> {
  const header = JSON.stringify({ format: 'vae-checkpoint', version: VERSION, ...progress });
  const files = [[HEADER, [Buffer.from(header)]] as const, ...Object.entries(state).map(npyOf)];
  try {
    await atomicWrite(path, sealedZip(files));
  } catch (error) {
    const bytes = files.flatMap(([, content]) => content).reduce((sum, { length }) => sum + length, 0);
    throw notSaved(error, path, { bytes, step: progress.step });
  }
}

function notSaved(error: unknown, path: string, { bytes, step }: { bytes: number; step: number }): unknown {
  const reason = systemReason((error as Error).cause);
  if (reason === undefined) return error;
  const [kept, next] = hasCheckpoint(dirname(path))
    ? ['the one before it is untouched', 'go on with --resume']
    : ['there is none before it', 'start again'];
  return new TrainerError(
    'not-saved',
    `${path}: could not write the checkpoint after step ${step}, ${bytes} bytes: ${reason}; ${kept}. Make room or give ` +
      `permission, then ${next}.`,
    { cause: error },
  );
}

/** Whether any is there, under whatever name; unfinished ones are hidden. */
const hasCheckpoint = (folder: string): boolean =>
  existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.zip') && !name.startsWith('.'));

/** @throws Error saying what is wrong with the file; TrainerError "newer-file" */
async function parse(file: FileHandle, path: string): Promise<Checkpoint> {
  const whole = await isWhole(file);
  if (whole === false) throw new Error('its bytes do not match their checksum');
  const arrays = await unzip(file);
  const header = arrays.get(HEADER);
  if (!header) throw new Error(`it holds no ${HEADER}`);
  arrays.delete(HEADER);
  const { format, version, ...fields } = JSON.parse(Buffer.from(header).toString()) as Record<
    string,
    unknown
  >;
  if (format !== 'vae-checkpoint' || !Number.isInteger(version) || Number(version) < 1)
    throw new Error(`it is ${format} version ${version}`);
  // Before the checksum is asked for: a later version may keep it elsewhere.
  if (Number(version) > VERSION)
    throw new TrainerError(
      'newer-file',
      `${path}: is a checkpoint of version ${version}, and this program reads versions 1 to ${VERSION}. Go on with a newer ` +
        '@vae/trainer, or choose another --out.',
    );
  if (version !== 1 && whole === undefined) throw new Error('its checksum is missing');
  const progress = version === 1 ? progressOfVersion1(fields, arrays) : fields;
  return { progress: progress as unknown as Progress, state: Object.fromEntries([...arrays].map(tensorOf)) };
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
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    return await parse(file, path);
  } catch (cause) {
    if (cause instanceof TrainerError && cause.code === 'newer-file') throw cause;
    const { message } = cause as Error;
    throw new TrainerError('bad-file', `${path}: not a usable checkpoint (${message}).`, { cause });
  } finally {
    await file?.close();
  }
}
