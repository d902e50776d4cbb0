import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { TrainerError } from '../errors.js';
import { fileError } from './file-error.js';

/**
 * Makes a folder and those above it; one that is there already is fine.
 *
 * Each missing part is tried once. Node's own recursive `mkdir` tries for ever where the system takes no folders (/proc).
 *
 * @throws TrainerError "bad-file" when the system refuses, or a file is in the way
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    const missing: string[] = [];
    let part = resolve(path);
    while (!(await isFolder(part))) {
      missing.push(part);
      part = dirname(part);
    }
    for (const folder of missing.reverse()) await makeOne(folder);
  } catch (error) {
    throw fileError(error, 'make the folder', path);
  }
}

/** False for what is not there. A file is an error, and so is a missing root, which nobody can make. */
async function isFolder(path: string): Promise<boolean> {
  try {
    const stats = await stat(path);
    if (!stats.isDirectory()) throw Object.assign(new Error(path), { code: 'EEXIST' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error;
    return false;
  }
}

async function makeOne(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Another process may have made it a moment ago.
    if (code === 'EEXIST' && (await isFolder(folder))) return;
    if (code !== 'ENOENT') throw error;
    // The folder above is there, so this system says "not there" for "not here".
    throw new TrainerError(
      'bad-file',
      `Cannot make the folder "${folder}": the system takes no new folders there.`,
      {
        cause: error,
      },
    );
  }
}
