import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { TrainerError } from '../errors.js';
import { fileError } from './file-error.js';
import { makeFolder } from './make-folder.js';

type Content = Uint8Array | string;

/**
 * Writes a file whole or not at all: a temporary file in the same folder, flushed to disk, then renamed.
 * An existing file is replaced, a missing parent folder is made, a link keeps pointing where it points.
 *
 * @throws TrainerError "bad-file" when the system refuses (no permission, disk full, a folder of that name)
 */
export async function atomicWrite(path: string, content: Content): Promise<void> {
  try {
    const target = await realpath(path).catch(() => resolve(path));
    const existing = await statOrUndefined(target);
    if (existing?.isDirectory()) throw Object.assign(new Error(path), { code: 'EISDIR' });
    // A device or a pipe (/dev/null, /dev/stdout) must not be replaced by a file.
    if (existing !== undefined && !existing.isFile()) return await writeDevice(target, content);
    await makeFolder(dirname(target));
    const temporary = temporaryName(target);
    try {
      await writeFlushed(temporary, content);
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

export interface AtomicFolderOptions {
  /** Replace a folder that already holds something. Default: false, an error. */
  readonly overwrite?: boolean;
  /** With `overwrite`: which top-level names may be replaced. A folder with any other is refused. Default: all. */
  readonly replaceable?: (name: string) => boolean;
}

/**
 * Writes a folder of files whole or not at all: into a temporary sibling, then renamed into place. A folder that is
 * there and empty stays (it may be mounted) and the files are moved in; a link keeps pointing where it points.
 *
 * @param files names (with `/` for sub-folders) and contents
 * @throws TrainerError "bad-file" when the folder holds something and must not be replaced, or when the system refuses
 * @example await atomicFolder('out', [['a.txt', 'one'], ['b/c.txt', 'two']]);
 */
export async function atomicFolder(
  path: string,
  files: Iterable<readonly [name: string, content: Content]> | AsyncIterable<readonly [string, Content]>,
  { overwrite = false, replaceable = () => true }: AtomicFolderOptions = {},
): Promise<void> {
  let temporary: string | undefined;
  try {
    const target = await realpath(path).catch(() => resolve(path));
    const existing = await refuseFolder(path, target, { overwrite, replaceable });
    // Inside an empty folder, because its parent may be another file system.
    temporary = temporaryName(existing === 'empty' ? join(target, basename(target)) : target);
    await makeFolder(temporary);
    await fill(temporary, files);
    if (existing === 'empty') await moveInto(target, temporary);
    else if (existing === 'full') await exchange(target, temporary);
    else await rename(temporary, target);
    await flushFolder(existing === 'empty' ? target : dirname(target));
  } catch (error) {
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
    throw fileError(error, 'write', path);
  }
}

async function fill(folder: string, files: Parameters<typeof atomicFolder>[1]): Promise<void> {
  for await (const [name, content] of files) {
    const file = resolve(folder, name);
    if (!file.startsWith(folder + sep)) throw new Error(`File name "${name}" leaves the folder.`);
    await makeFolder(dirname(file));
    await writeFlushed(file, content);
  }
}

/** Moves everything from `temporary`, which lies in `target`, up into `target`. */
async function moveInto(target: string, temporary: string): Promise<void> {
  const moved: string[] = [];
  try {
    for (const name of await readdir(temporary)) {
      await rename(join(temporary, name), join(target, name));
      moved.push(name);
    }
    await rm(temporary, { recursive: true });
  } catch (error) {
    for (const name of moved) await rm(join(target, name), { recursive: true, force: true });
    throw error;
  }
}

/** Puts `temporary` in the place of the folder `target`, which is deleted. */
async function exchange(target: string, temporary: string): Promise<void> {
  const previous = temporaryName(target);
  await rename(target, previous);
  try {
    await rename(temporary, target);
  } catch (error) {
    await rename(previous, target);
    throw error;
  }
  await rm(previous, { recursive: true, force: true });
}

/** What is there and may be filled or replaced; throws when there is something that may not. */
async function refuseFolder(
  path: string,
  target: string,
  { overwrite, replaceable }: Required<AtomicFolderOptions>,
): Promise<'missing' | 'empty' | 'full'> {
  const existing = await statOrUndefined(target);
  if (existing === undefined) return 'missing';
  if (!existing.isDirectory()) {
    throw new TrainerError(
      'bad-file',
      `Cannot write the folder "${path}": a file of that name is in the way.`,
    );
  }
  const names = await readdir(target);
  if (names.length > 0 && !overwrite) {
    throw new TrainerError(
      'bad-file',
      `The folder "${path}" is not empty; choose another or add --overwrite.`,
    );
  }
  const foreign = names.find((name) => !replaceable(name));
  if (foreign !== undefined) {
    throw new TrainerError(
      'bad-file',
      `The folder "${path}" holds "${foreign}", which --overwrite would delete; choose another folder.`,
    );
  }
  return names.length === 0 ? 'empty' : 'full';
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

async function writeFlushed(path: string, content: Content): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(content);
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

/** Names of most file systems may have 255 bytes; the decoder leaves out a character that was cut. */
export function temporaryName(target: string): string {
  const start = new TextDecoder().decode(Buffer.from(basename(target)).subarray(0, 200), { stream: true });
  return join(dirname(target), `.${start}.${randomBytes(6).toString('hex')}.tmp`);
}

async function statOrUndefined(path: string) {
  return stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}
