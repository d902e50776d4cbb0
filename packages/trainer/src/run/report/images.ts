import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { RunFolder } from '../folder.js';

/** A picture inside the page. */
export interface Image {
  readonly source: string;
  /** On the page: a whole multiple of the picture's own, so that each pixel is a square. */
  readonly width: number;
  readonly height: number;
}

/** Room for a picture, in pixels of the page. */
const ROOM = { width: 1040, height: 1100 };

const formats: Readonly<Record<string, { type: string; size(bytes: Buffer): [number, number] }>> = {
  // IHDR is always first: length, name, width, height.
  '.png': { type: 'image/png', size: (bytes) => [bytes.readUInt32BE(16), bytes.readUInt32BE(20)] },
  '.gif': { type: 'image/gif', size: (bytes) => [bytes.readUInt16LE(6), bytes.readUInt16LE(8)] },
};

/** A picture of the run, ready to show; undefined where it is missing. */
export async function readImage(folder: RunFolder, name: string): Promise<Image | undefined> {
  const path = folder.picture(name);
  if (!existsSync(path)) return undefined;
  const bytes = await readFile(path);
  if (bytes.length < 24) return undefined;
  const { type, size } = formats[extname(name)];
  const [width, height] = size(bytes);
  const scale = Math.max(1, Math.floor(Math.min(ROOM.width / width, ROOM.height / height)));
  const source = `data:${type};base64,${bytes.toString('base64')}`;
  return { source, width: width * scale, height: height * scale };
}

const epochOf = (name: string): number => Number(/^epoch-(\d+)\.png$/.exec(name)?.[1] ?? 0);

/** The picture of an epoch, or the newest one where that is missing, and the epoch that it shows. */
export async function readEpochImage(
  folder: RunFolder,
  wanted?: number,
): Promise<{ epoch: number; image: Image } | undefined> {
  const pictures = folder.picture('');
  const names = existsSync(pictures) ? readdirSync(pictures) : [];
  const drawn = names.toSorted((a, b) => epochOf(a) - epochOf(b));
  const name = drawn.find((each) => epochOf(each) === wanted) ?? drawn.at(-1);
  const epoch = epochOf(name ?? '');
  const image = epoch > 0 ? await readImage(folder, name!) : undefined;
  return image && { epoch, image };
}
