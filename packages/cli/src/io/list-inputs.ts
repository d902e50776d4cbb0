import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { describeUnread, fileError, UNREAD_PICTURES, UsageError } from '@vae/trainer/terminal';
import { isRunFolder } from './run-folder.js';

/** Pictures that the commands do not read, those among them that training does; leaving them out in silence would change a result. */
const otherPictures = new Set([...UNREAD_PICTURES, '.webp', '.gif', '.tif', '.tiff', '.avif']);

const collator = new Intl.Collator('en', { numeric: true });

/** Order in which people count: `2.png` before `10.png`. */
export function naturalOrder(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : Number(a > b));
}

/**
 * The files behind the words a user gave: files as they are, folders as their files with one of the extensions, those in
 * the folders below among them, in natural order. What is hidden is left out; links are followed, each folder once, and those
 * in a folder that lead nowhere passed over, as training does.
 *
 * @param extensions with the dot, lower case
 * @param onNote told how many pictures in a folder are of another kind, and how many links lead nowhere
 * @throws TrainerError for a path that is not there, UsageError for a folder without such files and the folder of a run
 */
export async function listInputs(
  paths: readonly string[],
  extensions: readonly string[],
  onNote?: (text: string) => void,
): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    try {
      // `images.npy#3` is item 3 of a file; the part after the sign is for the reader.
      const found = await stat(path.replace(/(\.npy)#\d+$/i, '$1'));
      if (found.isDirectory()) await refuseRun(path);
      files.push(...(found.isDirectory() ? await filesBelow(path, extensions, onNote) : [path]));
    } catch (error) {
      throw dataSetRefusal(path) ?? fileError(error, 'read', path);
    }
  }
  return files;
}

/** What to say of a folder that is named as training names it. */
function dataSetRefusal(word: string): UsageError | undefined {
  const folder = /^images:([^?]+)/.exec(word)?.[1];
  return folder === undefined
    ? undefined
    : new UsageError(`"${word}" is how training names a folder; give the folder itself: "${folder}".`);
}

/** Pictures in there are of the run's report. */
async function refuseRun(folder: string): Promise<void> {
  if (!(await isRunFolder(folder))) return;
  throw new UsageError(
    `"${folder}" is the folder of a run, whose pictures belong to its report; give files, or a folder of data.`,
  );
}

async function filesBelow(
  folder: string,
  extensions: readonly string[],
  onNote?: (text: string) => void,
): Promise<string[]> {
  const found: Walk = { extensions, seen: new Set(), others: [], broken: 0 };
  const files = await walk(folder, found);
  const passed = describePassed(found);
  if (files.length > 0) {
    if (passed) onNote?.(`${folder}: ${passed}.`);
    return files;
  }
  throw new UsageError(
    `The folder "${folder}" holds no ${extensions.join(', ')} file, nor do the folders in it${passed ? `; ${passed}` : ''}.`,
  );
}

interface Walk {
  readonly extensions: readonly string[];
  readonly seen: Set<string>;
  /** The endings of pictures of other kinds. */
  readonly others: string[];
  /** Links with one of the extensions that lead nowhere, or in a circle. */
  broken: number;
}

function describePassed({ others, broken }: Walk): string | undefined {
  const parts = [
    ...(others.length > 0 ? [describeUnread(others)] : []),
    ...(broken > 0 ? [`${broken} ${broken === 1 ? 'link that leads' : 'links that lead'} nowhere`] : []),
  ];
  return parts.length > 0 ? `passed over: ${parts.join(', ')}` : undefined;
}

/** An error of a folder below names that one. */
const onFolder = <T>(folder: string, step: Promise<T>): Promise<T> =>
  step.catch((error: unknown) => {
    throw fileError(error, 'read', folder);
  });

async function walk(folder: string, state: Walk): Promise<string[]> {
  const { extensions, seen, others } = state;
  const real = await onFolder(folder, realpath(folder));
  if (seen.has(real)) return [];
  seen.add(real);
  const entries = await onFolder(folder, readdir(folder, { withFileTypes: true }));
  const files: string[] = [];
  for (const entry of entries.sort((a, b) => naturalOrder(a.name, b.name))) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    const ending = extname(entry.name).toLowerCase();
    const kind = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry;
    if (kind?.isDirectory()) files.push(...(await walk(path, state)));
    else if (otherPictures.has(ending)) others.push(ending);
    else if (!extensions.includes(ending)) continue;
    else if (kind) files.push(path);
    else state.broken++;
  }
  return files;
}
