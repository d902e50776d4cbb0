import { constants, rmSync } from 'node:fs';
import { access, mkdtemp, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { CudaState } from '@vae/sdk/runtime';
import { fileError, makeFolder, UsageError } from '@vae/trainer/terminal';
import { driverLibrary } from '../present.js';
import type { WheelSource } from './source.js';
import { unpack } from './unpack.js';
import type { Wheel } from './wheels.js';

/** A wheel and the folder that its libraries go to. */
export interface Step {
  readonly wheel: Wheel;
  readonly folder: string;
}

export interface Wheels {
  /** Goes beside the binding of onnxruntime-node. */
  readonly provider: Wheel;
  /** Go into the folder whose libraries are loaded first. */
  readonly libraries: readonly Wheel[];
}

/** What is to be fetched so that ONNX Runtime finds CUDA; nothing where all is there, also when it is the system's. */
export async function planCuda(
  state: Pick<CudaState, 'provider' | 'libraries' | 'missing'> & { readonly binding: string },
  wheels: Wheels,
): Promise<Step[]> {
  const steps: Step[] = [];
  if (state.provider === undefined) steps.push({ wheel: wheels.provider, folder: state.binding });
  if (state.missing().some((name) => name !== driverLibrary)) {
    for (const wheel of wheels.libraries) {
      if (!(await isThere(wheel, state.libraries))) steps.push({ wheel, folder: state.libraries });
    }
  }
  return steps;
}

/** Libraries of another version have other sizes. */
async function isThere({ libraries, unpackedBytes }: Wheel, folder: string): Promise<boolean> {
  const sizes = await Promise.all(
    libraries.map((name) =>
      stat(join(folder, name)).then(
        (found) => found.size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0) === unpackedBytes;
}

/** Bytes to download for some steps. */
export function downloadBytes(steps: readonly Step[]): number {
  return steps.reduce((sum, { wheel }) => sum + wheel.downloadBytes, 0);
}

/**
 * Fetches wheels and puts their libraries into place, each wheel's once they are complete; what is there stays until
 * then. Run again after an error it goes on with the wheel that failed.
 *
 * @param onBytes called with how much has been downloaded of all steps together
 * @throws UsageError when the disk is too small or a download fails, TrainerError when a folder cannot be written
 */
export async function installCuda(
  steps: readonly Step[],
  source: WheelSource,
  onBytes: (bytes: number, wheel: Wheel) => void = () => {},
): Promise<void> {
  for (const folder of new Set(steps.map((step) => step.folder))) {
    await assertRoom(
      folder,
      steps.filter((step) => step.folder === folder),
    );
  }
  let before = 0;
  for (const step of steps) {
    await installWheel(step, source, (bytes) => onBytes(before + bytes, step.wheel));
    before += step.wheel.downloadBytes;
  }
}

async function installWheel({ wheel, folder }: Step, source: WheelSource, onBytes: (bytes: number) => void) {
  try {
    await withScratch(folder, async (scratch) => {
      await unpack(source.open(wheel, { scratch, onBytes }), wheel.libraries, scratch);
      for (const name of wheel.libraries) await rename(join(scratch, name), join(folder, name));
    });
  } catch (error) {
    throw fileError(error, 'write', folder);
  }
}

/**
 * Lends a folder that is gone afterwards, also after Ctrl-C, for gigabytes may be in it. It lies in the given folder,
 * because only a rename within one file system puts a file into place whole.
 */
async function withScratch(folder: string, use: (scratch: string) => Promise<void>): Promise<void> {
  const scratch = await mkdtemp(join(folder, '.vae-doctor-'));
  const interrupted = (_: string, signal: number) => {
    rmSync(scratch, { recursive: true, force: true });
    process.exit(128 + signal);
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.once(signal, interrupted);
  try {
    await use(scratch);
  } finally {
    for (const signal of signals) process.off(signal, interrupted);
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Makes the folder where it is missing, and sees that the libraries and the largest download fit. */
async function assertRoom(folder: string, steps: readonly Step[]): Promise<void> {
  await makeFolder(folder);
  try {
    await access(folder, constants.W_OK);
  } catch (cause) {
    throw new UsageError(
      `"${folder}" cannot be written; run this as the user that it belongs to, or install the packages in a project of your own.`,
      { cause },
    );
  }
  const { bavail, bsize } = await statfs(folder);
  const unpacked = steps.reduce((sum, { wheel }) => sum + wheel.unpackedBytes, 0);
  const needed = unpacked + Math.max(...steps.map(({ wheel }) => wheel.downloadBytes));
  if (bavail * bsize >= needed) return;
  throw new UsageError(
    `"${folder}" has ${megabytes(bavail * bsize)} free and CUDA needs ${megabytes(needed)}; make room, ` +
      'or set VAE_CACHE to a folder on another disk.',
  );
}

/** Such as '1346 MB'. */
export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
