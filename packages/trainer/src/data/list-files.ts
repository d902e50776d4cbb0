import type { Dirent, Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { TrainerError } from '../errors.js';
import { fileError } from '../files/file-error.js';
import { counted } from '../text/counted.js';

/** A file below a folder. */
export interface FoundFile {
  /** From that folder on. */
  readonly path: string;
  readonly name: string;
  /** The folder right below in which it lies, however deep; left out for a file of the folder itself. */
  readonly top?: string;
}

export interface FileList {
  readonly files: readonly FoundFile[];
  /** What was passed over, in words, one for each kind. */
  readonly skipped: readonly string[];
}

interface Walk {
  /** What is listed, for errors. */
  readonly source: string;
  readonly root: string;
  readonly signal: AbortSignal | undefined;
  readonly files: FoundFile[];
  readonly seen: Set<string>;
  readonly skipped: { hidden: number; broken: number; again: number };
}

/**
 * Finds the files below a folder, hidden ones too, but none in hidden folders. No file is opened. Names are sorted by
 * their UTF-16 code units, folder by folder, so the order is the same on every system; links are followed, each folder
 * once.
 *
 * @param source the data set's name, for errors
 * @throws TrainerError "bad-file" for a folder that cannot be read
 * @example (await listFiles('photos', 'images')).files // [{ path: 'cats/1.png', name: '1.png', top: 'cats' }, …]
 */
export async function listFiles(root: string, source: string, signal?: AbortSignal): Promise<FileList> {
  const skipped = { hidden: 0, broken: 0, again: 0 };
  const walk: Walk = { source, root, signal, files: [], seen: new Set(), skipped };
  const stats = await onFolder(walk, root, () => stat(root));
  if (!stats.isDirectory()) {
    throw new TrainerError(
      'bad-file',
      `${source}: ${root} is not a folder; name the one that holds the ${source}.`,
    );
  }
  await visit(walk, '', stats);
  return { files: walk.files, skipped: describeSkipped(skipped) };
}

async function onFolder<T>({ source }: Walk, folder: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    const { message } = fileError(error, 'read', folder) as Error;
    // What stands for bytes that are no UTF-8 names another file, or none.
    const advice = basename(folder).includes('\ufffd') ? ' Its name is not UTF-8; rename it.' : '';
    throw new TrainerError('bad-file', `${source}: ${message}${advice}`, { cause: error });
  }
}

async function visit(walk: Walk, inside: string, { dev, ino }: Stats, top?: string): Promise<void> {
  walk.signal?.throwIfAborted();
  const identity = `${dev}:${ino}`;
  if (walk.seen.has(identity)) {
    walk.skipped.again++;
    return;
  }
  walk.seen.add(identity);
  const folder = join(walk.root, inside);
  const entries = await onFolder(walk, folder, () => readdir(folder, { withFileTypes: true }));
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const { name } = entry;
    const path = join(inside, name);
    const { isFolder, stats } = await kindOf(walk, entry, path);
    if (isFolder === undefined) walk.skipped.broken++;
    else if (!isFolder) walk.files.push({ path, name, ...(top !== undefined && { top }) });
    // Tools keep copies in such, as .ipynb_checkpoints or .Trash.
    else if (name.startsWith('.')) walk.skipped.hidden++;
    else await visit(walk, path, stats!, top ?? name);
  }
}

/** What an entry is, behind links; `isFolder` is undefined for a link that leads nowhere, pipes and devices. */
async function kindOf(
  walk: Walk,
  entry: Dirent,
  inside: string,
): Promise<{ isFolder?: boolean; stats?: Stats }> {
  if (entry.isFile()) return { isFolder: false };
  const path = join(walk.root, inside);
  if (entry.isDirectory()) return { isFolder: true, stats: await onFolder(walk, path, () => stat(path)) };
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isDirectory()) return { isFolder: true, stats };
  return { isFolder: stats?.isFile() ? false : undefined };
}

function describeSkipped({ hidden, broken, again }: Walk['skipped']): string[] {
  return [
    hidden > 0 && counted(hidden, 'hidden folder'),
    broken > 0 && `${broken} ${broken === 1 ? 'link that leads' : 'links that lead'} nowhere`,
    again > 0 && `${counted(again, 'folder')} seen before under another name`,
  ].filter((part) => part !== false);
}
