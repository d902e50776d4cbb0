import { extname, join } from 'node:path';
import { TrainerError } from '../../errors.js';
import { type FileList, listFiles } from '../list-files.js';
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

/**
 * Finds the images below a folder. No file is opened. Names are sorted by their UTF-16 code units, so the order is the same on
 * every system; links are followed, each folder once.
 *
 * @throws TrainerError "bad-file" for a folder that cannot be read, "bad-data" where no image is found
 * @example (await listImages('photos')).classes // ['cats', 'dogs']
 */
export async function listImages(folder: string, signal?: AbortSignal): Promise<ImageList> {
  const found = await listFiles(folder, 'images', signal);
  const images = found.files.filter(({ name }) => isImageName(name));
  const files = images.map(({ path }) => join(folder, path));
  const skipped = describeSkipped(found, images.length);
  if (files.length === 0) {
    const why = skipped ? `; passed over: ${skipped}` : '';
    throw new TrainerError(
      'bad-data',
      `images: there is no image in ${folder}${why}. Expected files ending in ${[...EXTENSIONS].join(', ')}.`,
    );
  }
  const classes = [...new Set(images.map(({ top }) => top).filter((top) => top !== undefined))];
  const outside = files.filter((_, i) => images[i].top === undefined);
  if (classes.length === 0) return { files, skipped };
  if (outside.length > 0)
    return { files, unclassed: describeOutside('image', outside, classes.length), skipped };
  const places = new Map(classes.map((name, place) => [name, place]));
  return { files, classes, labels: Int32Array.from(images, ({ top }) => places.get(top!)!), skipped };
}

/** Hidden files are no images: macOS leaves one beside each image on other systems' disks. */
const isImageName = (name: string): boolean =>
  !name.startsWith('.') && EXTENSIONS.has(extname(name).toLowerCase());

const isUnread = (name: string): boolean =>
  !name.startsWith('.') && UNREAD_PICTURES.includes(extname(name).toLowerCase());

function describeSkipped({ files, skipped }: FileList, images: number): string | undefined {
  const unread = files.filter(({ name }) => isUnread(name)).map(({ name }) => extname(name).toLowerCase());
  const others = files.length - images - unread.length;
  const parts = [
    ...(unread.length > 0 ? [describeUnread(unread)] : []),
    ...(others > 0
      ? [`${others} ${others === 1 ? 'file that is no image' : 'files that are no images'}`]
      : []),
    ...skipped,
  ];
  return parts.length > 0 ? parts.join(', ') : undefined;
}
