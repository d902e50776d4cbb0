import { existsSync } from 'node:fs';
import { mkdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError } from '../files/file-error.js';
import { makeFolder } from '../files/make-folder.js';

const RUNS = 'runs';

/** Makes a folder, unless something has that name: false then. */
async function tryMake(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw fileError(error, 'make the folder', path);
  }
}

/** `runs/seed-cvae-20260102-030405`, with a number behind it where that exists. Made here, nobody else gets it too. */
async function makeFresh(name: string): Promise<string> {
  const time = new Date()
    .toISOString()
    .replace(/[-:]|\..*/g, '')
    .replace('T', '-');
  const base = join(RUNS, `${name}-${time}`);
  await makeFolder(RUNS);
  for (let i = 1; ; i++) {
    const path = i === 1 ? base : `${base}-${i}`;
    if (await tryMake(path)) return path;
  }
}

/**
 * Does something in the folder that was given, or in a fresh one, which does not stay where nothing was written to it.
 *
 * @param name what a fresh folder's begins with
 */
export async function inFolder<T>(
  given: string | undefined,
  name: string,
  work: (path: string) => Promise<T>,
): Promise<T> {
  if (given !== undefined) return work(given);
  const isFirst = !existsSync(RUNS);
  const path = await makeFresh(name);
  try {
    return await work(path);
  } finally {
    // A folder that holds anything is not removed.
    for (const folder of [path, ...(isFirst ? [RUNS] : [])]) await rmdir(folder).catch(() => {});
  }
}
