import { VaeError } from '../errors.js';
import { show, type Tensor } from '../tensor.js';

/** Pixels, 0 to 255, row by row from the top left; grey (one channel) or red, green, blue interleaved. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** Most pixels a picture may have; 16384 x 16384. */
export const maximumPixels = 2 ** 28;

/** Refuses a picture whose sizes and data disagree. */
export function assertPicture(picture: Picture, where: string): void {
  const { width, height, channels, data } = picture;
  const pixels = width * height;
  if (
    !Number.isInteger(width) ||
    !Number.isInteger(height) ||
    width < 1 ||
    height < 1 ||
    pixels > maximumPixels
  ) {
    throw new VaeError(
      'bad-input',
      `${where}: a picture of ${width} x ${height} pixels; needs 1 to 2^28 pixels.`,
    );
  }
  if ((channels !== 1 && channels !== 3) || data.length !== pixels * channels) {
    throw new VaeError(
      'bad-input',
      `${where}: ${width} x ${height} pixels with ${channels} channels (1 or 3) and ${data.length} bytes.`,
    );
  }
}

/**
 * One image as a picture: byte = round(255 x) with x clamped to 0..1. Never stretches the contrast.
 *
 * @param image [C, H, W] with C 1 or 3, in [0, 1]; values outside are clamped
 * @throws VaeError "bad-input" for another shape or a NaN
 * @example await writeFile('one.png', encodePng(toPicture({ data: pixels, shape: [1, 28, 28] })))
 */
export function toPicture(image: Tensor): Picture {
  const [channels, height, width] = image.shape;
  if (image.shape.length !== 3 || (channels !== 1 && channels !== 3) || !height || !width) {
    throw new VaeError('bad-input', `toPicture: expected shape [1 or 3, H, W], got ${show(image.shape)}.`);
  }
  const plane = height * width;
  const data = new Uint8Array(plane * channels);
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < plane; i++) {
      const value = image.data[c * plane + i]!;
      if (Number.isNaN(value)) throw new VaeError('bad-input', `toPicture: element ${c * plane + i} is NaN.`);
      data[i * channels + c] = Math.round(Math.min(1, Math.max(0, value)) * 255);
    }
  }
  return { width, height, channels, data };
}

/**
 * A picture as an image tensor: value = byte / 255, so that `toPicture` gives the same bytes back.
 *
 * @param channels 1 or 3, the picture's own when left out; grey is repeated, colour becomes luma
 * (299 R + 587 G + 114 B) / 1000 (ITU-R BT.601), which leaves grey pixels exact
 * @returns [channels, H, W] in [0, 1]
 * @throws VaeError "bad-input" for a picture whose sizes disagree, "bad-option" for other channels
 * @example toTensor(decodePng(await readFile('one.png')), 1).shape // [1, 28, 28]
 */
export function toTensor(picture: Picture, channels: number = picture.channels): Tensor {
  assertPicture(picture, 'toTensor');
  if (channels !== 1 && channels !== 3) {
    throw new VaeError('bad-option', `toTensor: channels is ${channels}, expected 1 or 3.`);
  }
  const { width, height, data: bytes } = picture;
  const plane = width * height;
  const data = new Float32Array(plane * channels);
  const step = picture.channels;
  for (let i = 0; i < plane; i++) {
    if (channels === 1 && step === 3) {
      data[i] = (299 * bytes[3 * i]! + 587 * bytes[3 * i + 1]! + 114 * bytes[3 * i + 2]!) / 255000;
    } else {
      for (let c = 0; c < channels; c++) data[c * plane + i] = bytes[i * step + (step === 3 ? c : 0)]! / 255;
    }
  }
  return { data, shape: [channels, height, width] };
}

/** The same picture with three channels. */
export function toColour(picture: Picture): Picture {
  if (picture.channels === 3) return picture;
  const data = new Uint8Array(picture.data.length * 3);
  for (let i = 0; i < picture.data.length; i++) data.fill(picture.data[i]!, 3 * i, 3 * i + 3);
  return { ...picture, channels: 3, data };
}

/** A picture of one grey value. */
export function blank(width: number, height: number, channels: 1 | 3, value = 255): Picture {
  return { width, height, channels, data: new Uint8Array(width * height * channels).fill(value) };
}

/** Copies `from` into `onto` with its top left corner at (x, y); both have the same number of channels. */
export function paste(onto: Picture, from: Picture, x: number, y: number): void {
  const row = from.width * from.channels;
  for (let line = 0; line < from.height; line++) {
    onto.data.set(
      from.data.subarray(line * row, (line + 1) * row),
      ((y + line) * onto.width + x) * onto.channels,
    );
  }
}
