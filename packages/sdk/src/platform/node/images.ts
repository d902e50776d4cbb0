import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { VaeError } from '../../errors.js';
import {
  assertFileSize,
  decodeBytes,
  isCommonImage,
  notAnImage,
  type Reading,
  readCommonImage,
} from '../../images/read-common.js';
import type { ImageReader } from '../../images/reader.js';
import type { CanvasLike } from '../../images/types.js';
import { isJpeg } from '../../media/is-jpeg.js';
import { decodeJpeg } from '../../media/jpeg.js';
import type { Picture } from '../../media/picture.js';
import { assertBackground, fromRgba } from '../../media/rgba.js';
import { isTooLong, shownPath } from '../../shown.js';
import { tagOf } from '../../tag.js';
import { systemReason } from './system-reason.js';

const readable =
  'a path, a file: URL, bytes of a PNG or JPEG file, a Blob, { width, height, data } of RGBA pixels, or a canvas';

/** Node: images come from files, bytes and canvases of packages. */
export const images: ImageReader = {
  isImage: (value) => isPlace(value) || isCommonImage(value) || isCanvas(value),

  async readImage(value, where, { background = 0 } = {}) {
    assertBackground(background, where);
    const reading = { background, where };
    if (isPlace(value)) return readFile(value, reading);
    if (isCanvas(value)) return readCanvas(value, reading);
    const picture = await readCommonImage(value, reading, decodeOther);
    if (picture) return picture;
    throw notAnImage(value, where, readable);
  },
};

async function decodeOther(bytes: Uint8Array, { where }: Reading): Promise<Picture> {
  if (isJpeg(bytes)) return decodeJpeg(bytes, where);
  const what = bytes.length === 0 ? 'empty' : 'neither a PNG nor a JPEG file';
  throw new VaeError('bad-file', `${where}: ${what}; convert the image to one of them.`);
}

async function readFile(source: string | URL, { background, where }: Reading): Promise<Picture> {
  const path = pathOf(source, where);
  const named = { background, where: `${where}: ${shownPath(path)}` };
  return decodeBytes(await readImageFile(path, named.where), named, decodeOther);
}

function isPlace(value: unknown): value is string | URL {
  return typeof value === 'string' || tagOf(value) === 'URL';
}

function pathOf(source: string | URL, where: string): string {
  const text = String(source);
  // Two letters or more before the colon: 'C://images' is a path.
  if (!/^[a-z][a-z0-9+.-]+:/i.test(text)) return text;
  try {
    return fileURLToPath(text);
  } catch (cause) {
    throw new VaeError(
      'unsupported',
      `${where}: ${text.slice(0, 80)}: images are read from paths and file: URLs; fetch it and pass its bytes.`,
      { cause },
    );
  }
}

/** Reads a file that is neither a folder nor a device nor a pipe, so that reading comes to an end. */
async function readImageFile(path: string, where: string): Promise<Uint8Array> {
  let file: FileHandle | undefined;
  try {
    // Without O_NONBLOCK the opening of a named pipe would wait for ever. Windows has no such flag.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const status = await file.stat();
    if (!status.isFile()) throw new VaeError('bad-file', `${where}: not a plain file.`);
    assertFileSize(status.size, where);
    return await file.readFile();
  } catch (cause) {
    if (cause instanceof VaeError) throw cause;
    const hint = isTooLong(path) ? " A picture as base64 text is passed as Buffer.from(text, 'base64')." : '';
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new VaeError('not-found', `${where}: no such file.${hint}`, { cause });
    }
    throw new VaeError('bad-file', `${where}: cannot be read: ${systemReason(cause)}.${hint}`, { cause });
  } finally {
    await file?.close();
  }
}

function readCanvas(canvas: CanvasLike, { background, where }: Reading): Picture {
  const { width, height } = canvas;
  const context = canvas.getContext('2d');
  if (!context) throw new VaeError('bad-input', `${where}: the canvas has no 2D context to read from.`);
  return fromRgba(context.getImageData(0, 0, width, height), background, where);
}

function isCanvas(value: unknown): value is CanvasLike {
  return typeof (value as Partial<CanvasLike> | null)?.getContext === 'function';
}
