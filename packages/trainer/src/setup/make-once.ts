import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeFolder } from '../files/make-folder.js';
import { withLock } from './lock.js';
import { cacheError, setupError } from './setup-error.js';

export interface MakeOnce<Made> {
  /** What the folder holds, where it is whole; cheap. */
  readonly find: () => Made | undefined;
  /** Fills an empty folder, which is then renamed; nothing in it may depend on its name. */
  readonly build: (folder: string) => Promise<void>;
  /** Bytes that must be free on its disk. */
  readonly needs: number;
  /** Build although there is one; it stays until the new one is whole. */
  readonly rebuild?: boolean;
  readonly onNote?: (text: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Makes a folder in the cache once: what is whole is taken, what is not is made anew.
 *
 * It is filled under another name beside and renamed, so nobody sees half of it. Of several processes one builds and the
 * others wait for it.
 *
 * @throws TrainerError "setup-failed" when the folder cannot be written or its disk is too small; what `build` throws; the
 *   signal's reason
 */
export async function makeOnce<Made>(folder: string, options: MakeOnce<Made>): Promise<Made> {
  const { find, rebuild = false, onNote, signal } = options;
  const found = rebuild ? undefined : find();
  if (found !== undefined) return found;
  try {
    await makeFolder(dirname(folder));
    return await withLock(`${folder}.lock`, () => make(folder, options), {
      signal,
      onWait: (pid) => onNote?.(`waiting for process ${pid}, which is making ${folder}`),
    });
  } catch (error) {
    throw cacheError(error, dirname(folder));
  }
}

async function make<Made>(folder: string, { find, build, needs, rebuild }: MakeOnce<Made>): Promise<Made> {
  // Another process may have made it while this one waited.
  const found = rebuild ? undefined : find();
  if (found !== undefined) return found;
  await removeParts(folder);
  await assertRoom(dirname(folder), needs);
  const part = `${folder}.${randomUUID()}.part`;
  try {
    await mkdir(part);
    await build(part);
    await replace(folder, part);
  } finally {
    await rm(part, { recursive: true, force: true, maxRetries: 3 });
  }
  const made = find();
  if (made === undefined) throw new Error(`${folder} is not whole although it was built without an error.`);
  return made;
}

/** What processes that were killed have left. One that they started may still write there, so this may fail. */
async function removeParts(folder: string): Promise<void> {
  const start = `${basename(folder)}.`;
  for (const name of await readdir(dirname(folder))) {
    if (name.startsWith(start) && name.endsWith('.part'))
      await rm(join(dirname(folder), name), { recursive: true, force: true }).catch(() => {});
  }
}

async function replace(folder: string, part: string): Promise<void> {
  const previous = `${folder}.${randomUUID()}.part`;
  const was = await rename(folder, previous).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
  await rename(part, folder);
  if (was) await rm(previous, { recursive: true, force: true });
}

async function assertRoom(folder: string, needs: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= needs) return;
  throw setupError(
    `"${folder}" has ${size(bavail * bsize)} free, and this needs ${size(needs)}. Make room, or choose a folder on another ` +
      'disk with the environment variable VAE_CACHE.',
  );
}

/**
 * Bytes for people.
 *
 * @example size(1_630_000_000) // '1.6 GB'
 */
export const size = (bytes: number): string =>
  bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`;
