import { existsSync, readdirSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import type { RunFolder } from '../folder.js';
import { type Format, type Image, toImage } from './image.js';
import { smallFilm, smallPicture } from './small-image.js';

/** With three pictures and a film of these sizes, the page has 4 MB of text for them: four letters for three bytes. */
const MOST_BYTES = { '.png': 500_000, '.gif': 1_500_000 } as const;

/** What was made small, because a page that loads itself again asks for the same. */
const made = new Map<string, { readonly of: string; readonly image: Image | undefined }>();

/** @param of tells two states of the file apart */
async function small(folder: RunFolder, name: string, of: string): Promise<Image | undefined> {
  const path = folder.picture(name);
  const known = made.get(path);
  if (known?.of === of) return known.image;
  const image = await (extname(name) === '.gif'
    ? smallFilm(folder, epochPictures(folder), MOST_BYTES['.gif'])
    : smallPicture(folder, name, MOST_BYTES['.png']));
  made.set(path, { of, image });
  return image;
}

/**
 * A picture of the run, ready to show; undefined where it is missing. A large one is made smaller, and a note says
 * where the whole one is.
 */
export async function readImage(folder: RunFolder, name: string): Promise<Image | undefined> {
  const path = folder.picture(name);
  if (!existsSync(path)) return undefined;
  const format = extname(name) as Format;
  const { size, mtimeMs } = await stat(path);
  if (size > MOST_BYTES[format]) return small(folder, name, `${size} ${mtimeMs}`);
  const bytes = await readFile(path);
  return bytes.length < 24 ? undefined : toImage(bytes, format);
}

const epochOf = (name: string): number => Number(/^epoch-(\d+)\.png$/.exec(name)?.[1] ?? 0);

/** Names of the epochs' pictures in their order. */
function epochPictures(folder: RunFolder): string[] {
  const pictures = folder.picture('');
  const names = existsSync(pictures) ? readdirSync(pictures) : [];
  return names.filter((name) => epochOf(name) > 0).sort((a, b) => epochOf(a) - epochOf(b));
}

/** The picture of an epoch, or the newest one where that is missing, and the epoch that it shows. */
export async function readEpochImage(
  folder: RunFolder,
  wanted?: number,
): Promise<{ epoch: number; image: Image } | undefined> {
  const drawn = epochPictures(folder);
  const name = drawn.find((each) => epochOf(each) === wanted) ?? drawn.at(-1);
  const image = name === undefined ? undefined : await readImage(folder, name);
  return image && { epoch: epochOf(name!), image };
}
