import { VaeError } from '../errors.js';
import type { Picture } from './picture.js';

/** Order of an image's numbers: channels first, channels last, or the rows of one channel after each other. */
export type Layout = 'chw' | 'hwc' | 'flat';

/** The values that stand for the bytes 0 and 255. */
export type ValueRange = readonly [low: number, high: number];

export const unitRange: ValueRange = [0, 1];

/** How the numbers of an image stand in an array. */
export interface PixelFormat {
  readonly channels: 1 | 3;
  readonly layout: Layout;
  readonly range: ValueRange;
}

/**
 * The numbers of a picture: value = low + (high - low) * byte / 255, so that `bytesOf` gives the same bytes back.
 * Grey is repeated for three channels; for one, colour becomes luma (299 R + 587 G + 114 B) / 1000 (ITU-R BT.601),
 * which leaves grey pixels exact.
 */
export function valuesOf(picture: Picture, { channels, layout, range }: PixelFormat): Float32Array {
  const { width, height, data: bytes, channels: step } = picture;
  const pixels = width * height;
  const values = new Float32Array(pixels * channels);
  const ofByte = Float32Array.from({ length: 256 }, (_, byte) => valueAt(byte / 255, range));
  if (channels === 1 && step === 3) {
    for (let i = 0, at = 0; i < pixels; i++, at += 3) {
      const luma = 299 * bytes[at]! + 587 * bytes[at + 1]! + 114 * bytes[at + 2]!;
      values[i] = valueAt(luma / 255_000, range);
    }
    return values;
  }
  for (let c = 0; c < channels; c++) {
    const from = step === 3 ? c : 0;
    for (let i = 0; i < pixels; i++) {
      values[layout === 'chw' ? c * pixels + i : i * channels + c] = ofByte[bytes[i * step + from]!]!;
    }
  }
  return values;
}

/**
 * The interleaved bytes of an image: the nearest to 255 (value - low) / (high - low), with values outside the range
 * clamped to it. Never stretches the contrast.
 *
 * @throws VaeError "bad-input" for a NaN
 */
export function bytesOf(
  values: Float32Array,
  { channels, layout, range: [low, high] }: PixelFormat,
  where: string,
): Uint8Array {
  const bytes = new Uint8Array(values.length);
  const pixels = values.length / channels;
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < pixels; i++) {
      const from = layout === 'chw' ? c * pixels + i : i * channels + c;
      const level = (values[from]! - low) / (high - low);
      if (Number.isNaN(level)) throw new VaeError('bad-input', `${where}: element ${from} is NaN.`);
      bytes[i * channels + c] = Math.round(255 * Math.min(1, Math.max(0, level)));
    }
  }
  return bytes;
}

/** Refuses a range without two finite ends in their order. */
export function assertValueRange(range: ValueRange, where: string): void {
  const ends = Array.isArray(range) && range.length === 2 && range.every((end) => Number.isFinite(end));
  if (!ends || range[0] >= range[1]) {
    throw new VaeError(
      'bad-option',
      `${where}: range is ${JSON.stringify(range)}, expected [low, high] with low < high.`,
    );
  }
}

/** Refuses what is no layout. */
export function assertLayout(layout: Layout, where: string): void {
  if (layout !== 'chw' && layout !== 'hwc' && layout !== 'flat') {
    throw new VaeError(
      'bad-option',
      `${where}: layout is '${String(layout)}', expected 'chw', 'hwc' or 'flat'.`,
    );
  }
}

/** The value of a level from 0 to 1. Both ends are exact, which low + (high - low) * level is not. */
function valueAt(level: number, [low, high]: ValueRange): number {
  return (1 - level) * low + level * high;
}
