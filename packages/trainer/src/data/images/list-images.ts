import type { Dirent, Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { TrainerError } from '../../errors.js';
import { fileError } from '../../files/file-error.js';
import { describeOutside } from '../outside-folders.js';
import { describeUnread, UNREAD_PICTURES } from './unread-pictures.js';

/** What is taken for an image, by the end of its name. */
const EXTENSIONS = new Set(['.png', '.jpg', '.jpeg', '.webp', '.gif', '.tif', '.tiff', '.avif']);

/** The images below a folder, in the order of their names. */
export interface ImageList {
  /** Paths, the folder in front. */
  readonly files: readonly string[];
  /** The folders right below, where every image lies in one. */
  readonly classes?: readonly string[];
  /** The class of each file. */
  readonly labels?: Int32Array;
  /** Why there are no classes, in words, though there are folders. */
  readonly unclassed?: string;
  /** What was passed over, in words; undefined for nothing. */
  readonly skipped?: string;
}

interface Walk {
  readonly files: string[];
  readonly seen: Set<string>;
  readonly skipped: { others: number; broken: number; again: number; readonly unread: string[] };
}

/**
 * Finds the images below a folder. No file is opened. Names are sorted by their UTF-16 code units, so the order is the same on
 * every system; links are followed, each folder once.
 *
 * @throws TrainerError "bad-file" for a folder that cannot be read, "bad-data" where no image is found
 * @example (await listImages('photos')).classes // ['cats', 'dogs']
 */
export async function listImages(folder: string, signal?: AbortSignal): Promise<ImageList> {
  const walk: Walk = { files: [], seen: new Set(), skipped: { others: 0, broken: 0, again: 0, unread: [] } };
  const classes: string[] = [];
  const labels: number[] = [];
  await visit(walk, folder, await statsOf(folder), signal, async (entry, isFolder) => {
    const before = walk.files.length;
    await entry();
    if (walk.files.length === before) return;
    if (isFolder !== undefined) classes.push(isFolder);
    while (labels.length < walk.files.length) labels.push(isFolder === undefined ? -1 : classes.length - 1);
  });
  const skipped = describeSkipped(walk.skipped);
  if (walk.files.length === 0) {
    const why = skipped ? `; passed over: ${skipped}` : '';
    throw new TrainerError(
      'bad-data',
      `images: there is no image in ${folder}${why}. Expected files ending in ${[...EXTENSIONS].join(', ')}.`,
    );
  }
  const outside = walk.files.filter((_, i) => labels[i] === -1);
  if (classes.length === 0) return { files: walk.files, skipped };
  if (outside.length > 0)
    return { files: walk.files, unclassed: describeOutside('image', outside, classes.length), skipped };
  return { files: walk.files, classes, labels: Int32Array.from(labels), skipped };
}

async function statsOf(folder: string): Promise<Stats> {
  const found = await onFolder(folder, () => stat(folder));
  if (found.isDirectory()) return found;
  throw new TrainerError(
    'bad-file',
    `images: ${folder} is not a folder; name the one that holds the images.`,
  );
}

async function onFolder<T>(folder: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    const { message } = fileError(error, 'read', folder) as Error;
    throw new TrainerError('bad-file', `images: ${message}`, { cause: error });
  }
}

/** Around each entry of the outermost folder: does it, knowing the name where it is a folder. */
type Around = (entry: () => Promise<void>, folderName: string | undefined) => Promise<void>;

async function visit(
  walk: Walk,
  folder: string,
  { dev, ino }: Stats,
  signal?: AbortSignal,
  around: Around = (entry) => entry(),
): Promise<void> {
  signal?.throwIfAborted();
  const identity = `${dev}:${ino}`;
  if (walk.seen.has(identity)) {
    walk.skipped.again++;
    return;
  }
  walk.seen.add(identity);
  const entries = await onFolder(folder, () => readdir(folder, { withFileTypes: true }));
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    const { isFolder, stats } = await kindOf(entry, path);
    if (isFolder) await around(() => visit(walk, path, stats!, signal), entry.name);
    else if (isFolder === undefined) walk.skipped.broken++;
    else if (isImageName(entry.name)) await around(async () => void walk.files.push(path), undefined);
    else if (isUnread(entry.name)) walk.skipped.unread.push(extname(entry.name).toLowerCase());
    else walk.skipped.others++;
  }
}

/** What an entry is, behind links; `isFolder` is undefined for a link that leads nowhere, pipes and devices. */
async function kindOf(entry: Dirent, path: string): Promise<{ isFolder?: boolean; stats?: Stats }> {
  if (entry.isFile()) return { isFolder: false };
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isDirectory()) return { isFolder: true, stats };
  return { isFolder: stats?.isFile() ? false : undefined };
}

/** Hidden files are no images: macOS leaves one beside each image on other systems' disks. */
const isImageName = (name: string): boolean =>
  !name.startsWith('.') && EXTENSIONS.has(extname(name).toLowerCase());

const isUnread = (name: string): boolean =>
  !name.startsWith('.') && UNREAD_PICTURES.includes(extname(name).toLowerCase());

function describeSkipped({ others, broken, again, unread }: Walk['skipped']): string | undefined {
  const parts = [
    unread.length > 0 && describeUnread(unread),
    others > 0 && `${others} ${others === 1 ? 'file that is no image' : 'files that are no images'}`,
    broken > 0 && `${broken} ${broken === 1 ? 'link that leads' : 'links that lead'} nowhere`,
    again > 0 && `${again} ${again === 1 ? 'folder' : 'folders'} seen before under another name`,
  ].filter((part) => part !== false);
  return parts.length > 0 ? parts.join(', ') : undefined;
}
