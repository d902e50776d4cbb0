import { encodeGif, type Picture, resize } from '@vae/sdk/media';
import { evenly } from './evenly.js';

/** Sides are divided before a film has fewer frames than this. */
const LEAST_FRAMES = 12;

export interface Fitted {
  /** A GIF file. */
  readonly bytes: Uint8Array;
  readonly frames: number;
  /** Its sides are those of the pictures divided by this. */
  readonly factor: number;
}

export interface FitOptions {
  /** Of the file: 20,000 or more. */
  readonly maxBytes: number;
  /** Time per frame. */
  readonly delayMs?: number;
}

/** A picture with its sides divided by a whole number, each pixel the mean of those that it covers. */
export const shrunk = (picture: Picture, factor: number): Picture =>
  resize(
    picture,
    Math.max(1, Math.floor(picture.width / factor)),
    Math.max(1, Math.floor(picture.height / factor)),
  );

/** As many frames as fit; undefined where those are too few. */
function fitCount(
  frames: readonly Picture[],
  { maxBytes, delayMs }: FitOptions,
): Omit<Fitted, 'factor'> | undefined {
  const least = Math.min(frames.length, LEAST_FRAMES);
  // Three frames tell how many are likely to fit.
  let count = Math.min(frames.length, 3);
  let bytes = encodeGif(evenly(frames, count), { delayMs });
  for (let room = frames.length; ; room = count - 1) {
    count = Math.min(room, Math.floor((count * maxBytes) / bytes.length));
    if (count < least) return undefined;
    bytes = encodeGif(evenly(frames, count), { delayMs });
    if (bytes.length <= maxBytes) return { bytes, frames: count };
  }
}

/**
 * Pictures of one size as a GIF file of a limited size: in 256 colours a frame, with so many frames as fit, evenly chosen
 * with the first and the last among them, and all sides divided by 2, 3, … where those would be fewer than 12. One
 * picture is a film of one frame.
 *
 * @example fitPictures(frames, { maxBytes: 1_500_000, delayMs: 400 }).frames
 */
export function fitPictures(frames: readonly Picture[], options: FitOptions): Fitted {
  for (let factor = 1; ; factor++) {
    const divided = frames.map((frame) => shrunk(frame, factor));
    const fitted = fitCount(divided, options);
    if (fitted) return { ...fitted, factor };
  }
}
