import type { ImagePreparation } from '@vae/sdk/manifest';
import { TrainerError } from '../../errors.js';
import { readPlainFile } from '../../files/read-plain-file.js';
import { type ImagePlan, MAX_FILE_BYTES, MAX_PIXELS } from './plan.js';

/** Turns image files into pixels of one size. */
export interface ImageDecoder {
  /** What decodes, with its version, for the record. */
  readonly name: string;
  /** How it scales. */
  readonly kernel: ImagePreparation['kernel'];
  /** Files that are worth decoding at once. */
  readonly lanes: number;
  /** Height and width of the upright image, from its first bytes. */
  size(bytes: Uint8Array, path: string): Promise<readonly [height: number, width: number]>;
  /**
   * @returns the bytes of each channel after the other
   * @throws TrainerError "bad-file" naming the path for a damaged file, one with too many pixels, in CMYK, of floats, or of an unknown kind
   */
  decode(bytes: Uint8Array, path: string, plan: ImagePlan): Promise<Uint8Array>;
}

/**
 * The bytes of an image file.
 *
 * @throws TrainerError "bad-file" with the system's reason, and for HEIC, which no decoder here reads
 */
export async function readImageFile(path: string): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readPlainFile(path, { maxBytes: MAX_FILE_BYTES });
  } catch (error) {
    throw new TrainerError('bad-file', `images: ${(error as Error).message}`, { cause: error });
  }
  if (isHeic(bytes)) {
    throw new TrainerError(
      'bad-file',
      `images: ${path} is a HEIC picture, whatever its name says. Convert it to JPEG or PNG.`,
    );
  }
  return bytes;
}

/** By the brand of the container (ISO/IEC 23008-12, annex B): phones send HEIC under names that end in .jpg. */
const isHeic = (bytes: Uint8Array): boolean =>
  /^ftyp(hei[cxms]|hev[cxms])$/.test(String.fromCharCode(...bytes.subarray(4, 12)));

/** Refuses an image with more pixels than are read. */
export function pixelsError(path: string, height: number, width: number): TrainerError {
  return new TrainerError(
    'bad-file',
    `images: ${path} has ${height}×${width} pixels, more than the ${MAX_PIXELS} that are read here.`,
  );
}

/** Refuses to make all images as large as a photo that happens to be the first, without having been asked to. */
export function unaskedSizeError(path: string, height: number, width: number): TrainerError {
  return new TrainerError(
    'bad-option',
    `images: ${path}, the first image, has ${height}×${width} pixels (height×width), too many for a size that nobody chose. ` +
      'Say what all are scaled to, such as size=64 or size=48x64.',
  );
}

/** Refuses a JPEG in the inks of a printer, as the SDK does where it reads pictures for a model. */
export function inksError(path: string): TrainerError {
  return new TrainerError(
    'bad-file',
    `images: ${path} is a JPEG in the inks of a printer (CMYK), whose colours no two decoders agree on. ` +
      'Convert it to RGB first, such as with: magick in.jpg -colorspace sRGB out.png',
  );
}

/** Refuses pixels that are no bytes and no whole numbers of 16 bits. */
export function depthError(path: string, depth: string): TrainerError {
  return new TrainerError(
    'bad-file',
    `images: ${path} has pixels of the type ${depth}, expected 8 or 16 bits each. Save it so, or all images as one array for npy:FILE.`,
  );
}

/** Refuses a window that is larger than the image. */
export function windowError(path: string, [height, width]: readonly number[], plan: ImagePlan): TrainerError {
  return new TrainerError(
    'bad-data',
    `images: ${path} has ${height}×${width} pixels (height×width), fewer than crop=${plan.window!.join('x')} cuts out.`,
  );
}
