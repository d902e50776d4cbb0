import { VaeError } from '../errors.js';
import { tagOf } from '../tag.js';
import { maximumPixels, type Picture } from './picture.js';

/** Pixels as browsers keep them: red, green, blue, alpha, not multiplied by alpha. An `ImageData` is one. */
export interface RgbaImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray | Uint8Array;
}

/**
 * RGBA as a picture in colour, composited: round((colour * alpha + background * (255 - alpha)) / 255).
 *
 * @param background grey level behind transparent pixels, 0 (black) to 255 (white)
 * @throws VaeError "bad-input" when the sizes disagree or the data are no bytes
 */
export function fromRgba({ width, height, data }: RgbaImage, background: number, where: string): Picture {
  const pixels = width * height;
  const fine = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
  if (!fine || pixels > maximumPixels || !isByteArray(data) || data.length !== 4 * pixels) {
    throw new VaeError(
      'bad-input',
      `${where}: ${width} x ${height} pixels in ${data?.length} elements of a ${tagOf(data)}; ` +
        'expected 4 bytes per pixel (red, green, blue, alpha) and at most 2^28 pixels. For 1 or 3 bytes give channels.',
    );
  }
  const out = new Uint8Array(3 * pixels);
  for (let i = 0; i < pixels; i++) {
    const alpha = data[4 * i + 3]!;
    const behind = background * (255 - alpha);
    for (let c = 0; c < 3; c++) out[3 * i + c] = Math.round((data[4 * i + c]! * alpha + behind) / 255);
  }
  return { width, height, channels: 3, data: out };
}

/** The bytes of a picture as opaque RGBA. */
export function toRgba({ width, height, channels, data }: Picture): Uint8ClampedArray<ArrayBuffer> {
  const out = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) out[4 * i + c] = data[channels === 3 ? 3 * i + c : i]!;
  }
  return out;
}

/** Refuses what is no grey level of a byte. */
export function assertBackground(background: number, where: string): void {
  if (!(background >= 0 && background <= 255)) {
    throw new VaeError(
      'bad-option',
      `${where}: background is ${background}, expected a grey level from 0 (black) to 255 (white).`,
    );
  }
}

function isByteArray(data: unknown): boolean {
  return tagOf(data) === 'Uint8ClampedArray' || tagOf(data) === 'Uint8Array';
}
