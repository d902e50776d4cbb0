import type { Picture } from './picture.js';

/** How the rows and columns of an image file are turned, as EXIF counts it; 1 is upright. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

export function startsWith(bytes: Uint8Array, text: string): boolean {
  return [...text].every((letter, i) => bytes[i] === letter.charCodeAt(0));
}

/**
 * The orientation in a TIFF directory; undefined where it holds none, or is damaged.
 *
 * @see the EXIF standard (CIPA DC-008), 4.5.4 and 4.6.2
 */
export function exifOrientation(tiff: Uint8Array): Orientation | undefined {
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const little = startsWith(tiff, 'II');
  const short = (at: number) => (at + 2 <= tiff.length ? view.getUint16(at, little) : 0);
  const directory = tiff.length >= 8 ? view.getUint32(4, little) : tiff.length;
  for (let i = 0; i < short(directory); i++) {
    const entry = directory + 2 + 12 * i;
    const [tag, type, value] = [short(entry), short(entry + 2), short(entry + 8)];
    if (tag === 0x0112 && type === 3 && value >= 1 && value <= 8) return value as Orientation;
  }
  return undefined;
}

/** Whether rows are to be seen as columns. */
export const swapsSides = (orientation: Orientation): boolean => orientation > 4;

/** The picture as it should be seen: orientations above 4 swap rows and columns, and each side may be mirrored. */
export function turnUpright(picture: Picture, orientation: Orientation): Picture {
  if (orientation === 1) return picture;
  const { width, height, channels, data } = picture;
  const swapped = swapsSides(orientation);
  const mirroredX = [2, 3, 7, 8].includes(orientation);
  const mirroredY = [3, 4, 6, 7].includes(orientation);
  const [outWidth, outHeight] = swapped ? [height, width] : [width, height];
  const out = new Uint8Array(data.length);
  for (let y = 0, to = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth; x++, to += channels) {
      const [u, v] = swapped ? [y, x] : [x, y];
      const from = (mirroredY ? height - 1 - v : v) * width + (mirroredX ? width - 1 - u : u);
      for (let c = 0; c < channels; c++) out[to + c] = data[from * channels + c]!;
    }
  }
  return { width: outWidth, height: outHeight, channels, data: out };
}
