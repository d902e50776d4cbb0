import { VaeError } from '../errors.js';
import { isJpeg } from '../media/is-jpeg.js';
import { assertPicture, type Picture } from '../media/picture.js';
import { fromRgba, type RgbaImage } from '../media/rgba.js';
import { tagOf } from '../tag.js';

/** Most bytes a file of an image may have: 256 MiB. */
const maximumFileBytes = 2 ** 28;

/** What reading an image needs to know. */
export interface Reading {
  /** Grey level behind transparent pixels. */
  readonly background: number;
  /** What errors call the image. */
  readonly where: string;
}

/** Reads the bytes of a file that is no PNG. */
export type DecodeOther = (bytes: Uint8Array, reading: Reading) => Promise<Picture>;

/**
 * Whether a value is an image on both platforms: a picture, RGBA pixels, a Blob, an ArrayBuffer, or a Uint8Array that
 * begins as a file of an image does. Other Uint8Arrays are plain numbers.
 */
export function isCommonImage(value: unknown): boolean {
  return isBytes(value)
    ? isPng(value) || isJpeg(value) || isOtherImage(value)
    : isBuffer(value) || isBlob(value) || isPixels(value);
}

/** Reads one of those; undefined for anything else. */
export async function readCommonImage(
  value: unknown,
  reading: Reading,
  decodeOther: DecodeOther,
): Promise<Picture | undefined> {
  if (isBytes(value)) return decodeBytes(value, reading, decodeOther);
  if (isBuffer(value)) return decodeBytes(new Uint8Array(value), reading, decodeOther);
  if (isBlob(value)) {
    assertFileSize(value.size, reading.where);
    return decodeBytes(new Uint8Array(await value.arrayBuffer()), reading, decodeOther);
  }
  if (!isPixels(value)) return undefined;
  const { where, background } = reading;
  if (!('channels' in value)) return fromRgba(value, background, where);
  assertPicture(value, where);
  return value;
}

/**
 * PNG is decoded by us on both platforms, because browsers' canvases may change its values. A JPEG that decoders do not
 * agree on is refused on both.
 */
export async function decodeBytes(
  bytes: Uint8Array,
  reading: Reading,
  decodeOther: DecodeOther,
): Promise<Picture> {
  if (!isPng(bytes)) {
    if (isJpeg(bytes)) await assertReadable(bytes, reading.where);
    return decodeOther(bytes, reading);
  }
  const { decodePng } = await import('../media/png.js');
  return decodePng(bytes, reading.where, { background: reading.background });
}

/** Refuses a JPEG of printing inks. The reader of headers comes when it is needed, as that of PNG does. */
async function assertReadable(bytes: Uint8Array, where: string): Promise<void> {
  const { assertNoInks, readJpegHeader } = await import('../media/jpeg-header.js');
  const header = readJpegHeader(bytes);
  if (header) assertNoInks(header, where);
}

/** Refuses a file that would fill the memory. */
export function assertFileSize(size: number, where: string): void {
  if (size > maximumFileBytes) {
    throw new VaeError('bad-file', `${where}: ${size} bytes; images of at most 256 MiB are read.`);
  }
}

/** What a value that is no image is called in errors. */
export function notAnImage(value: unknown, where: string, readable: string): VaeError {
  return new VaeError('bad-input', `${where}: expected an image (${readable}), got ${tagOf(value)}.`);
}

function isPng(bytes: Uint8Array): boolean {
  return [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a].every((byte, i) => bytes[i] === byte);
}

/** GIF, WebP, AVIF, HEIC, BMP and TIFF: some browsers read some of them, and Node says no to all. */
function isOtherImage(bytes: Uint8Array): boolean {
  // Element by element, because an array whose memory was transferred away has none to view.
  const start = String.fromCharCode(...Array.from({ length: 12 }, (_, i) => bytes[i] ?? 0));
  return /^(GIF8[79]a|RIFF.{4}WEBP|.{4}ftyp(avi[fs]|hei[cxms]|hev[cxms])|BM.{4}\0{4}|II\*\0|MM\0\*)/s.test(
    start,
  );
}

function isBytes(value: unknown): value is Uint8Array {
  return tagOf(value) === 'Uint8Array';
}

function isBuffer(value: unknown): value is ArrayBuffer {
  return tagOf(value) === 'ArrayBuffer';
}

function isBlob(value: unknown): value is Blob {
  return tagOf(value) === 'Blob' || tagOf(value) === 'File';
}

/** An ImageData, one made by hand, or a picture: sizes and an array of elements. A tensor has a shape. */
function isPixels(value: unknown): value is RgbaImage | Picture {
  if (typeof value !== 'object' || value === null || 'shape' in value) return false;
  const { width, height, data } = value as Partial<RgbaImage>;
  return typeof width === 'number' && typeof height === 'number' && ArrayBuffer.isView(data);
}
