import { readFile } from 'node:fs/promises';
import { decodePng, type Picture } from '@vae/sdk/media';
import type { RunFolder } from '../folder.js';
import { evenly } from './evenly.js';
import { type FitOptions, fitPictures, shrunk } from './fit-pictures.js';
import { formatCount } from './format.js';
import { type Image, ROOM, toImage } from './image.js';

/** Frames that are unpacked to make a small film of; more would show no more. */
const MOST_FRAMES = 60;
const FRAME_MS = 400;

interface Read extends Picture {
  /** The file's sides are so many times larger. */
  readonly divided: number;
}

/** A PNG file's picture, no wider than the page; undefined for one that is damaged. */
async function readPicture(path: string): Promise<Read | undefined> {
  try {
    const picture = decodePng(await readFile(path));
    const divided = Math.ceil(picture.width / ROOM.width);
    return { ...shrunk(picture, divided), divided };
  } catch {
    return undefined;
  }
}

function fit(pictures: readonly Read[], options: FitOptions): { image: Image; frames: number; size: string } {
  const { bytes, frames, factor } = fitPictures(pictures, options);
  const divisor = factor * pictures[0].divided;
  const size = divisor === 1 ? '' : ` and at 1/${divisor} of the size`;
  return { image: toImage(Buffer.from(bytes), '.gif'), frames, size };
}

/** A large picture in fewer colours, and smaller where that is not enough. */
export async function smallPicture(
  folder: RunFolder,
  name: string,
  maxBytes: number,
): Promise<Image | undefined> {
  const picture = await readPicture(folder.picture(name));
  if (!picture) return undefined;
  const { image, size } = fit([picture], { maxBytes });
  return { ...image, note: `Shown in 256 colours${size}; as it was drawn: pictures/${name}.` };
}

/**
 * A film of fewer frames than the run's own, evenly chosen.
 *
 * @param names of the pictures that the film is of, in their order
 */
export async function smallFilm(
  folder: RunFolder,
  names: readonly string[],
  maxBytes: number,
): Promise<Image | undefined> {
  const found: Read[] = [];
  // One after the other: unpacked, they are large.
  for (const name of evenly(names, MOST_FRAMES)) {
    const frame = await readPicture(folder.picture(name));
    if (frame) found.push(frame);
  }
  const last = found.at(-1);
  const alike = found.filter(({ width, height }) => width === last!.width && height === last!.height);
  if (alike.length === 0) return undefined;
  const { image, frames, size } = fit(alike, { maxBytes, delayMs: FRAME_MS });
  const shown = `${formatCount(frames)} of ${formatCount(names.length)} frames, evenly chosen, in 256 colours${size}`;
  return {
    ...image,
    note: `${shown}. The whole film: pictures/training.gif; each frame: pictures/epoch-*.png.`,
  };
}
