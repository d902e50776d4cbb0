import { VaeError } from '../errors.js';
import { assertPicture, maximumPixels, type Picture } from './picture.js';

/**
 * - `smooth`: the mean of the area that a pixel covers where the picture shrinks, bilinear where it grows
 * - `nearest`: the pixel in the middle of that area, so that no new values appear
 */
export type ResizeMethod = 'smooth' | 'nearest';

/**
 * A picture in another size, its sides scaled independently. The sums are of whole numbers and rounded once, so that
 * every platform gives the same bytes, and one colour stays that colour.
 *
 * @param width, height whole numbers >= 1
 * @throws VaeError "bad-input" for a picture whose sizes disagree, "bad-option"
 * @example resize(decodePng(bytes), 28, 28)
 */
export function resize(
  picture: Picture,
  width: number,
  height: number,
  method: ResizeMethod = 'smooth',
): Picture {
  assertPicture(picture, 'resize');
  assertSize(width, height);
  if (width === picture.width && height === picture.height) return picture;
  const taps = tapsOf(method);
  const [across, down] = [taps(picture.width, width), taps(picture.height, height)];
  const { channels } = picture;
  const data = new Uint8Array(width * height * channels);
  const whole = across.whole * down.whole;
  for (let y = 0; y < height; y++) {
    const line = mixLines(picture, down.places[y]!);
    for (let x = 0; x < width; x++) {
      const taken = across.places[x]!;
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (const { index, weight } of taken) sum += weight * line[index * channels + c]!;
        data[(y * width + x) * channels + c] = Math.round(sum / whole);
      }
    }
  }
  return { width, height, channels, data };
}

interface Tap {
  readonly index: number;
  readonly weight: number;
}

/** What the places of one axis are made of. The weights of a place add up to `whole`. */
interface Taps {
  readonly whole: number;
  readonly places: readonly (readonly Tap[])[];
}

function tapsOf(method: ResizeMethod): (from: number, to: number) => Taps {
  if (method === 'nearest') return nearest;
  if (method === 'smooth') return (from, to) => (to < from ? area(from, to) : linear(from, to));
  throw new VaeError('bad-option', `resize: method is '${String(method)}', expected 'smooth' or 'nearest'.`);
}

/** In units of 1 / to old pixels: place o covers o from to (o + 1) from, old pixel i covers i to to (i + 1) to. */
function area(from: number, to: number): Taps {
  const places = each(to, (place) => {
    const [start, end] = [place * from, (place + 1) * from];
    const taps: Tap[] = [];
    for (let index = Math.floor(start / to); index * to < end; index++) {
      taps.push({ index, weight: Math.min(end, (index + 1) * to) - Math.max(start, index * to) });
    }
    return taps;
  });
  return { whole: from, places };
}

/** In units of 1 / (2 to) old pixels: the middle of place o lies (2 o + 1) from - to after that of old pixel 0. */
function linear(from: number, to: number): Taps {
  const whole = 2 * to;
  const places = each(to, (place) => {
    const middle = Math.max(0, Math.min((from - 1) * whole, (2 * place + 1) * from - to));
    const [index, weight] = [Math.floor(middle / whole), middle % whole];
    const first = { index, weight: whole - weight };
    return weight === 0 ? [first] : [first, { index: index + 1, weight }];
  });
  return { whole, places };
}

function nearest(from: number, to: number): Taps {
  const middle = (place: number) => Math.floor(((2 * place + 1) * from) / (2 * to));
  return { whole: 1, places: each(to, (place) => [{ index: middle(place), weight: 1 }]) };
}

function each(count: number, taps: (place: number) => Tap[]): Tap[][] {
  return Array.from({ length: count }, (_, place) => taps(place));
}

/** The weighted sum of some of a picture's lines. */
function mixLines({ width, channels, data }: Picture, taps: readonly Tap[]): Float64Array {
  const length = width * channels;
  const line = new Float64Array(length);
  for (const { index, weight } of taps) {
    const start = index * length;
    for (let i = 0; i < length; i++) line[i]! += weight * data[start + i]!;
  }
  return line;
}

function assertSize(width: number, height: number): void {
  const fine = [width, height].every((side) => Number.isInteger(side) && side >= 1);
  if (!fine || width * height > maximumPixels) {
    throw new VaeError('bad-option', `resize: to ${width} x ${height} pixels; needs 1 to 2^28 pixels.`);
  }
}
