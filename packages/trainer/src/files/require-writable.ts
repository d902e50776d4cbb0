import { constants } from 'node:fs';
import { access, readdir, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { TrainerError } from '../errors.js';
import { fileError } from './file-error.js';

export interface FolderOptions {
  /** Replace a folder that already holds something. Default: false, an error. */
  readonly overwrite?: boolean;
  /** With `overwrite`: which top-level names may be replaced. A folder with any other is refused. Default: all. */
  readonly replaceable?: (name: string) => boolean;
  /** With `overwrite`: which top-level names stay as they are, since others put them there. Default: none. */
  readonly keep?: (name: string) => boolean;
}

/**
 * Refuses what `atomicWrite` would refuse, as far as it can be seen before there is something to write: to be called
 * before the work whose result it will be.
 *
 * @throws TrainerError "bad-file" for a folder of that name, a file in the way, and where permission is missing
 */
export async function requireWritable(path: string): Promise<void> {
  try {
    const target = await targetOf(path);
    const existing = await statOrUndefined(target);
    if (existing?.isDirectory()) throw Object.assign(new Error(path), { code: 'EISDIR' });
    // What is no file is written to; a file is replaced, for which its folder counts.
    await access(
      existing && !existing.isFile() ? target : await nearestFolder(dirname(target)),
      constants.W_OK,
    );
  } catch (error) {
    throw fileError(error, 'write', path);
  }
}

/**
 * Refuses what `atomicFolder` would refuse, as `requireWritable` does for a file.
 *
 * @throws TrainerError "bad-file" when the folder holds something that must not be replaced, a file is in the way, or
 *   permission is missing
 */
export async function requireWritableFolder(path: string, options: FolderOptions = {}): Promise<void> {
  try {
    const target = await targetOf(path);
    await requireReplaceable(path, target, options);
    await access(await nearestFolder(target), constants.W_OK);
  } catch (error) {
    throw fileError(error, 'write', path);
  }
}

/**
 * What a folder holds that may be replaced as a whole; undefined where there is none.
 *
 * @throws TrainerError "bad-file" when something in it, or a file of its name, may not be replaced
 */
export async function requireReplaceable(
  path: string,
  target: string,
  { overwrite = false, replaceable = () => true, keep = () => false }: FolderOptions,
): Promise<string[] | undefined> {
  const existing = await statOrUndefined(target);
  if (existing === undefined) return undefined;
  const refuse = (what: string) => {
    throw new TrainerError('bad-file', what);
  };
  if (!existing.isDirectory())
    refuse(`Cannot write the folder "${path}": a file of that name is in the way.`);
  const names = (await readdir(target)).filter((name) => !keep(name));
  if (names.length > 0 && !overwrite)
    refuse(`The folder "${path}" is not empty; choose another or add --overwrite.`);
  const foreign = names.find((name) => !replaceable(name));
  if (foreign !== undefined)
    refuse(`The folder "${path}" holds "${foreign}", which --overwrite would delete; choose another folder.`);
  const inUse = names.find((name) => `${process.cwd()}${sep}`.startsWith(join(target, name, sep)));
  if (inUse !== undefined)
    refuse(
      `The folder "${path}" holds "${inUse}", which --overwrite would delete and this command is run from; run it from another folder.`,
    );
  return names;
}

/** Where a path leads, whether or not something is there yet: also what a link names may be missing. */
export async function targetOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    // Links that run in a circle lead nowhere; who writes there is told so.
    const isOpen = (error as NodeJS.ErrnoException).code === 'ENOENT';
    // Without a slash at the end, which would ask for what the link names.
    const plain = resolve(path);
    const link = isOpen ? await readlink(plain).catch(() => undefined) : undefined;
    return link === undefined ? plain : targetOf(resolve(await realpath(dirname(plain)), link));
  }
}

export async function statOrUndefined(path: string) {
  return stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

/** The folder itself, or the first one above it that is there. */
async function nearestFolder(path: string): Promise<string> {
  const isThere = (await statOrUndefined(path)) !== undefined || dirname(path) === path;
  return isThere ? path : nearestFolder(dirname(path));
}
