import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { mkdir, open, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { TrainerError } from '../errors.js';
import { fileError } from './file-error.js';
import { makeFolder } from './make-folder.js';
import { type FolderOptions, requireReplaceable, statOrUndefined, targetOf } from './require-writable.js';
import { untilFinished } from './unfinished.js';

/** Whole, or in chunks that are written one after the other. */
type Content = Uint8Array | string | AsyncIterable<Uint8Array>;

/**
 * Writes a file whole or not at all: a temporary file in the same folder, flushed to disk, then renamed.
 * An existing file is replaced and its rights kept, a missing parent folder is made, a link keeps pointing where it points.
 *
 * @throws TrainerError "bad-file" when the system refuses (no permission, disk full, a folder of that name)
 */
export async function atomicWrite(path: string, content: Content): Promise<void> {
  try {
    const target = await targetOf(path);
    const existing = await statOrUndefined(target);
    if (existing?.isDirectory()) throw Object.assign(new Error(path), { code: 'EISDIR' });
    // A device or a pipe (/dev/null, /dev/stdout) must not be replaced by a file.
    if (existing !== undefined && !existing.isFile()) return await writeDevice(target, content);
    await makeFolder(dirname(target));
    const temporary = temporaryName(target);
    try {
      await untilFinished(temporary, () => writeFlushed(temporary, content, existing));
      await rename(temporary, target);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    await flushFolder(dirname(target));
  } catch (error) {
    throw fileError(error, 'write', path);
  }
}

/**
 * Writes a folder of files whole or not at all: beside it, then renamed into place. A folder that is there stays, with
 * its rights, its owner and whoever works in it; the new files take the place of all old ones, which are gone before
 * the first new one comes, so that a crash never leaves a mixture. A link keeps pointing where it points.
 *
 * @param files names (with `/` for sub-folders) and contents
 * @throws TrainerError "bad-file" when the folder holds something and must not be replaced, or when the system refuses
 * @example await atomicFolder('out', [['a.txt', 'one'], ['b/c.txt', 'two']]);
 */
export async function atomicFolder(
  path: string,
  files: Iterable<readonly [name: string, content: Content]> | AsyncIterable<readonly [string, Content]>,
  options: FolderOptions = {},
): Promise<void> {
  try {
    const target = await targetOf(path);
    const previous = await requireReplaceable(path, target, options);
    // Inside a folder that is there, because its parent may be another file system.
    const temporary = temporaryName(previous ? join(target, basename(target)) : target);
    const fresh = previous ? join(temporary, 'new') : temporary;
    try {
      // Not the exchange: what the temporary folder holds then is what was there before.
      await untilFinished(temporary, () => fill(fresh, files));
      if (previous) await exchange(target, temporary, previous);
      else await rename(temporary, target);
    } catch (error) {
      await discard(temporary, fresh);
      throw error;
    }
    await flushFolder(previous ? target : dirname(target));
  } catch (error) {
    throw fileError(error, 'write', path);
  }
}

async function fill(folder: string, files: Parameters<typeof atomicFolder>[1]): Promise<void> {
  await makeFolder(folder);
  for await (const [name, content] of files) {
    const file = resolve(folder, name);
    if (!file.startsWith(folder + sep)) throw new Error(`File name "${name}" leaves the folder.`);
    await makeFolder(dirname(file));
    await writeFlushed(file, content);
  }
}

/** Puts what is in `temporary/new` in the place of what `target` held; `temporary` lies in `target`, and is deleted. */
async function exchange(target: string, temporary: string, previous: readonly string[]): Promise<void> {
  const [fresh, old] = [join(temporary, 'new'), join(temporary, 'old')];
  await mkdir(old);
  await moveAll([
    ...previous.map((name): Move => [join(target, name), join(old, name)]),
    ...(await readdir(fresh)).map((name): Move => [join(fresh, name), join(target, name)]),
  ]);
  await rm(temporary, { recursive: true, force: true });
}

type Move = readonly [from: string, to: string];

/** All moves, or none where one fails. */
async function moveAll(moves: readonly Move[]): Promise<void> {
  const done: Move[] = [];
  try {
    for (const [from, to] of moves) {
      await rename(from, to);
      done.unshift([from, to]);
    }
  } catch (error) {
    for (const [from, to] of done) {
      await rename(to, from).catch((cause: unknown) => {
        const place = `"${from}" could not be put back and lies in "${dirname(to)}"`;
        throw new TrainerError('bad-file', `Writing failed, and ${place}.`, { cause });
      });
    }
    throw error;
  }
}

/** Deletes what was written; not what was there before, should it not have come back. */
async function discard(temporary: string, fresh: string): Promise<void> {
  await rm(fresh, { recursive: true, force: true });
  for (const folder of [join(temporary, 'old'), temporary]) await rmdir(folder).catch(() => {});
}

/** Writes to what is no file, such as `/dev/stdout`. A pipe that nobody reads is an error; the system would wait. */
async function writeDevice(path: string, content: Content): Promise<void> {
  // Opening this way says at once whether somebody reads, but such a handle must not be written to: it refuses
  // what does not fit into the pipe.
  const probe = await open(path, constants.O_WRONLY | (constants.O_NONBLOCK ?? 0));
  try {
    await writeFile(path, content);
  } finally {
    await probe.close();
  }
}

/** @param like the file whose place it takes, with whose rights and owner, as far as the system lets us */
async function writeFlushed(path: string, content: Content, like?: Stats): Promise<void> {
  const file = await open(path, 'wx', like && 0o600);
  try {
    if (like) {
      await file.chown(like.uid, like.gid).catch(() => {});
      await file.chmod(like.mode & 0o777).catch(() => {});
    }
    await writeFile(file, content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes a rename survive a power cut. Not every system can do this to a folder; the rename stands anyway. */
async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined);
  await folder?.sync().catch(() => {});
  await folder?.close();
}

/** Whether a file or folder is what a crash left of writing, by its name. */
export const isTemporary = (name: string): boolean => /^\..*\.[0-9a-f]{12}\.tmp$/.test(name);

/** Names of most file systems may have 255 bytes; the decoder leaves out a character that was cut. */
export function temporaryName(target: string): string {
  const start = new TextDecoder().decode(Buffer.from(basename(target)).subarray(0, 200), { stream: true });
  return join(dirname(target), `.${start}.${randomBytes(6).toString('hex')}.tmp`);
}
