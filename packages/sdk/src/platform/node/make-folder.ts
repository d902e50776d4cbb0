import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it. Node's own `recursive` runs for ever where a folder is not found although the one
 * above it is there, as in /proc or in a working folder that was deleted.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    return await mkdirOnce(path);
  } catch (error) {
    const above = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || above === path) throw error;
    await makeFolder(above);
  }
  await mkdirOnce(path);
}

/** What is there already, or made by another process at this moment, is as good. */
async function mkdirOnce(path: string): Promise<void> {
  await mkdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}
