import type { Picture } from '../media/picture.js';

/** Lobes on either side of the Lanczos window. */
const lobes = 3;

/** Old pixels and their weights, which add up to 1. */
type Taps = readonly { readonly index: number; readonly weight: number }[];

/**
 * A picture in another size, its sides scaled independently as libvips does (and sharp, which is built on it): a side
 * that shrinks by 4 or more first by a whole number, as means, until it is 2 to 3 times too long; then by the Lanczos
 * window with three lobes. A side that grows by the cubic of Catmull and Rom, with pixels where libvips has them, half
 * an old pixel before their middle. Every step is rounded to bytes.
 *
 * Beside libvips 8.18 bytes are off by at most 2 where sides shrink, and by at most 4 where they grow, because that
 * computes with rounded weights.
 *
 * @param width, height whole numbers >= 1
 * @see Duchon 1979, Journal of Applied Meteorology 18 (8), for the window; Keys 1981, IEEE Transactions on Acoustics,
 * Speech and Signal Processing 29 (6), for the cubic
 * @example lanczos({ width: 640, height: 480, channels: 3, data }, 64, 48)
 */
export function lanczos(picture: Picture, width: number, height: number): Picture {
  let result = picture;
  for (const places of stepsOf(picture.height, height)) result = down(result, places);
  for (const places of stepsOf(picture.width, width)) result = across(result, places);
  if (width <= picture.width && height <= picture.height) return result;
  // libvips grows by an affine map of both sides, which moves the one that does not grow by half a pixel too.
  return grow(result, grown(result.height, height), grown(result.width, width));
}

/** Both sides at once: what goes beyond bytes in between is not cut off. */
function grow({ width, channels, data }: Picture, rows: readonly Taps[], columns: readonly Taps[]): Picture {
  const out = new Uint8ClampedArray(rows.length * columns.length * channels);
  const line = new Float64Array(width * channels);
  let at = 0;
  for (const taps of rows) {
    line.fill(0);
    for (const { index, weight } of taps)
      for (let i = 0; i < line.length; i++) line[i]! += weight * data[index * line.length + i]!;
    for (const places of columns)
      for (let c = 0; c < channels; c++) {
        let sum = 0.5;
        for (const { index, weight } of places) sum += weight * line[index * channels + c]!;
        out[at++] = Math.floor(sum);
      }
  }
  return { width: columns.length, height: rows.length, channels, data: new Uint8Array(out.buffer) };
}

const grown = (from: number, to: number): Taps[] =>
  each(to, (place) => cubic(from, (place * from) / to - 0.5));

function stepsOf(from: number, to: number): Taps[][] {
  if (to >= from) return [];
  const factor = Math.max(1, Math.floor(from / to / 2));
  const shrink = from / to / factor;
  const length = Math.ceil(from / factor);
  const window = each(to, (place) => windowed(length, (place + 0.5) * shrink - 0.5, shrink));
  return factor === 1 ? [window] : [each(length, (place) => mean(from, place, factor)), window];
}

/** The mean of `factor` pixels; the last one stands for those beyond the edge. */
function mean(from: number, place: number, factor: number): Taps {
  return each(factor, (i) => ({ index: Math.min(from - 1, place * factor + i), weight: 1 / factor }));
}

function windowed(from: number, centre: number, shrink: number): Taps {
  const first = Math.ceil(centre - lobes * shrink);
  const last = Math.floor(centre + lobes * shrink);
  return weighted(from, first, last, (i) => lanczosWindow((i - centre) / shrink));
}

function cubic(from: number, centre: number): Taps {
  const first = Math.floor(centre) - 1;
  return weighted(from, first, first + 3, (i) => catmullRom(Math.abs(i - centre)));
}

/** Pixels beyond the edges are those at the edges. */
function weighted(from: number, first: number, last: number, weightOf: (index: number) => number): Taps {
  const weights = each(last - first + 1, (i) => weightOf(first + i));
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight, i) => ({
    index: Math.max(0, Math.min(from - 1, first + i)),
    weight: weight / whole,
  }));
}

/** sinc(x) sinc(x / 3) between the outer zeros. */
function lanczosWindow(x: number): number {
  return Math.abs(x) < lobes ? sinc(x) * sinc(x / lobes) : 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** The cubic through its points with the slope of their neighbours; x from 0 to 2. */
function catmullRom(x: number): number {
  return x < 1 ? (1.5 * x - 2.5) * x * x + 1 : ((-0.5 * x + 2.5) * x - 4) * x + 2;
}

/** Each line of the result is a sum of lines. */
function down({ width, channels, data }: Picture, places: readonly Taps[]): Picture {
  const length = width * channels;
  const out = new Uint8ClampedArray(places.length * length);
  const line = new Float64Array(length);
  for (const [y, taps] of places.entries()) {
    line.fill(0.5);
    for (const { index, weight } of taps) {
      const start = index * length;
      for (let i = 0; i < length; i++) line[i]! += weight * data[start + i]!;
    }
    for (let i = 0; i < length; i++) out[y * length + i] = Math.floor(line[i]!);
  }
  return { width, height: places.length, channels, data: new Uint8Array(out.buffer) };
}

/** Each column of the result is a sum of columns. */
function across({ width, height, channels, data }: Picture, places: readonly Taps[]): Picture {
  const out = new Uint8ClampedArray(places.length * height * channels);
  let at = 0;
  for (let y = 0; y < height; y++) {
    const start = y * width * channels;
    for (const taps of places) {
      for (let c = 0; c < channels; c++) {
        let sum = 0.5;
        for (const { index, weight } of taps) sum += weight * data[start + index * channels + c]!;
        out[at++] = Math.floor(sum);
      }
    }
  }
  return { width: places.length, height, channels, data: new Uint8Array(out.buffer) };
}

function each<T>(count: number, of: (place: number) => T): T[] {
  return Array.from({ length: count }, (_, place) => of(place));
}
