import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { fileError } from './file-error.js';
import { UsageError } from './run-command.js';

type Content = Uint8Array | string;

/**
 * Writes a file whole or not at all: a temporary file in the same folder, flushed to disk, then renamed.
 * An existing file is replaced, a missing parent folder is made, a link keeps pointing where it points.
 *
 * @throws UsageError when the system refuses (no permission, disk full, a folder of that name)
 */
export async function atomicWrite(path: string, content: Content): Promise<void> {
  try {
    const target = await realpath(path).catch(() => resolve(path));
    const existing = await statOrUndefined(target);
    if (existing?.isDirectory()) throw Object.assign(new Error(path), { code: 'EISDIR' });
    // A device or a pipe (/dev/null, /dev/stdout) must not be replaced by a file.
    if (existing !== undefined && !existing.isFile()) return await writeFile(target, content);
    await mkdir(dirname(target), { recursive: true });
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
 * Writes a folder of files whole or not at all: into a temporary sibling, then renamed into place.
 *
 * @param files names (with `/` for sub-folders) and contents
 * @throws UsageError when the folder holds something and must not be replaced, or when the system refuses
 * @example await atomicFolder('out', [['a.txt', 'one'], ['b/c.txt', 'two']]);
 */
export async function atomicFolder(
  path: string,
  files: Iterable<readonly [name: string, content: Content]> | AsyncIterable<readonly [string, Content]>,
  { overwrite = false, replaceable = () => true }: AtomicFolderOptions = {},
): Promise<void> {
  const target = resolve(path);
  const [temporary, previous] = [temporaryName(target), temporaryName(target)];
  try {
    const existing = await refuseFolder(path, target, { overwrite, replaceable });
    await mkdir(temporary, { recursive: true });
    for await (const [name, content] of files) {
      const file = resolve(temporary, name);
      if (!file.startsWith(temporary + sep)) throw new Error(`File name "${name}" leaves the folder.`);
      await mkdir(dirname(file), { recursive: true });
      await writeFlushed(file, content);
    }
    if (existing) await rename(target, previous);
    try {
      await rename(temporary, target);
    } catch (error) {
      if (existing) await rename(previous, target);
      throw error;
    }
    await flushFolder(dirname(target));
    await rm(previous, { recursive: true, force: true });
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw fileError(error, 'write', path);
  }
}

/** Whether there is a folder that may be replaced; throws when there is something that may not. */
async function refuseFolder(
  path: string,
  target: string,
  { overwrite, replaceable }: Required<AtomicFolderOptions>,
): Promise<boolean> {
  const existing = await statOrUndefined(target);
  if (existing === undefined) return false;
  if (!existing.isDirectory()) {
    throw new UsageError(`Cannot write the folder "${path}": a file of that name is in the way.`);
  }
  const names = await readdir(target);
  if (names.length > 0 && !overwrite) {
    throw new UsageError(`The folder "${path}" is not empty; choose another or add --overwrite.`);
  }
  const foreign = names.find((name) => !replaceable(name));
  if (foreign !== undefined) {
    throw new UsageError(
      `The folder "${path}" holds "${foreign}", which --overwrite would delete; choose another folder.`,
    );
  }
  return true;
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

function temporaryName(target: string): string {
  return join(dirname(target), `.${basename(target).slice(0, 200)}.${randomBytes(6).toString('hex')}.tmp`);
}

async function statOrUndefined(path: string) {
  return stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}
