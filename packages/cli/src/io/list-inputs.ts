import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileError, UsageError } from '@vae/trainer/terminal';

const collator = new Intl.Collator('en', { numeric: true });

/** Order in which people count: `2.png` before `10.png`. */
export function naturalOrder(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : Number(a > b));
}

/**
 * The files behind the words a user gave: files as they are, folders as their files with one of the extensions
 * in natural order, sub-folders and hidden files left out.
 *
 * @param extensions with the dot, lower case
 * @throws UsageError for a path that is not there and for a folder without such files
 */
export async function listInputs(paths: readonly string[], extensions: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    try {
      // `images.npy#3` is item 3 of a file; the part after the sign is for the reader.
      const found = await stat(path.replace(/(\.npy)#\d+$/i, '$1'));
      files.push(...(found.isDirectory() ? await filesIn(path, extensions) : [path]));
    } catch (error) {
      throw fileError(error, 'read', path);
    }
  }
  return files;
}

async function filesIn(folder: string, extensions: readonly string[]): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => entry.name)
    .filter((name) => extensions.includes(extname(name).toLowerCase()));
  if (names.length === 0)
    throw new UsageError(`The folder "${folder}" holds no ${extensions.join(', ')} file.`);
  return names.sort(naturalOrder).map((name) => join(folder, name));
}
