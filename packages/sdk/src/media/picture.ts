import { VaeError } from '../errors.js';
import { optionsOf } from '../options.js';
import { show, type Tensor } from '../tensor.js';
import { hintOf, nameOf, tensorOf } from './arguments.js';
import {
  assertLayout,
  assertValueRange,
  bytesOf,
  type Layout,
  unitRange,
  type ValueRange,
  valuesOf,
} from './pixels.js';

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
  if (typeof picture !== 'object' || picture === null || !ArrayBuffer.isView(picture.data)) {
    throw new VaeError(
      'bad-input',
      `${where}: expected a picture, got ${nameOf(picture)}.${hintOf(picture)}`,
    );
  }
  const { width, height, channels, data } = picture;
  const pixels = width * height;
  if (![width, height].every((side) => Number.isInteger(side) && side >= 1) || pixels > maximumPixels) {
    throw new VaeError('bad-input', `${where}: ${width} x ${height} pixels; needs 1 to 2^28 pixels.`);
  }
  if ((channels !== 1 && channels !== 3) || data.length !== pixels * channels) {
    throw new VaeError(
      'bad-input',
      `${where}: ${width} x ${height} pixels with ${channels} channels (1 or 3) and ${data.length} bytes.`,
    );
  }
}

export interface ToPictureOptions {
  /** Values that become the bytes 0 and 255; [0, 1] when left out. */
  readonly range?: ValueRange;
  /** 'chw' (default) for [C, H, W], 'hwc' for [H, W, C], 'flat' for the rows of a grey image after each other. */
  readonly layout?: Layout;
  /** Pixels in a row of a 'flat' image; those of a square when left out. */
  readonly width?: number;
}

/**
 * One image as a picture: byte = round(255 (x - low) / (high - low)) with x clamped to low..high. Never stretches the
 * contrast.
 *
 * @param image [C, H, W] with C 1 or 3, [H, W, C] or [H W] as `layout` says, or a batch of one of those
 * @throws VaeError "bad-input" for another shape or a NaN, "bad-option"
 * @example await writeFile('one.png', encodePng(toPicture({ data: pixels, shape: [1, 28, 28] })))
 */
export function toPicture(image: Tensor, options?: ToPictureOptions): Picture {
  const format = formatOf(options, 'toPicture');
  const { axes, expected } = forms[format.layout];
  const { data, shape } = tensorOf(image, 'toPicture');
  const item = shape.length > axes && shape[0] === 1 ? shape.slice(1) : shape;
  if (item.length !== axes) {
    throw wrongShape('toPicture', expected, shape, item.length > axes ? '; use grid' : '');
  }
  return pictureOf({ data, shape: item }, format, 'toPicture');
}

/**
 * All images of a batch as pictures; see `toPicture`.
 *
 * @param images [N, C, H, W] with N >= 1 and C 1 or 3, [N, H, W, C] or [N, H W] as `layout` says
 * @throws VaeError "bad-input" for another shape or a NaN, "bad-option"
 * @example encodeGif(toPictures(await vae.interpolate(a, b, { steps: 16 })))
 */
export function toPictures(images: Tensor, options?: ToPictureOptions, where = 'toPictures'): Picture[] {
  const format = formatOf(options, where);
  const { axes, expected } = forms[format.layout];
  const { data, shape } = tensorOf(images, where);
  const [count = 0, ...item] = shape;
  if (item.length !== axes || count < 1) throw wrongShape(where, `N, ${expected}`, shape);
  const size = data.length / count;
  return Array.from({ length: count }, (_, i) =>
    pictureOf({ data: data.subarray(i * size, (i + 1) * size), shape: item }, format, where),
  );
}

/** How many axes an image has in each layout, and how errors show them. */
const forms: Readonly<Record<Layout, { axes: number; expected: string }>> = {
  chw: { axes: 3, expected: '1 or 3, H, W' },
  hwc: { axes: 3, expected: 'H, W, 1 or 3' },
  flat: { axes: 1, expected: 'H * W' },
};

type Format = Required<Omit<ToPictureOptions, 'width'>> & Pick<ToPictureOptions, 'width'>;

function formatOf(options: ToPictureOptions | undefined, where: string): Format {
  const { range = unitRange, layout = 'chw', width } = optionsOf(options, where);
  assertValueRange(range, where);
  assertLayout(layout, where);
  return { range, layout, width };
}

function pictureOf(
  { data, shape }: Tensor,
  { range, layout, width: flatWidth }: Format,
  where: string,
): Picture {
  const [a = 0, b = 0, c = 0] = shape;
  const width = { chw: c, hwc: b, flat: flatWidth ?? Math.sqrt(a) }[layout];
  const height = { chw: b, hwc: a, flat: a / width }[layout];
  const channels = { chw: a, hwc: c, flat: 1 }[layout];
  if ((channels !== 1 && channels !== 3) || !(width > 0 && height > 0)) {
    throw wrongShape(where, forms[layout].expected, shape);
  }
  if (!Number.isInteger(width) || !Number.isInteger(height)) {
    const what = flatWidth === undefined ? 'are no square; give the width' : `are no rows of ${flatWidth}`;
    throw new VaeError('bad-input', `${where}: ${a} pixels ${what}.`);
  }
  return { width, height, channels, data: bytesOf(data, { channels, layout, range }, where) };
}

function wrongShape(where: string, expected: string, shape: readonly number[], hint = ''): VaeError {
  return new VaeError('bad-input', `${where}: expected shape [${expected}], got ${show(shape)}${hint}.`);
}

/**
 * A picture as an image tensor: value = byte / 255, so that `toPicture` gives the same bytes back. `imageTensor` does
 * the same for other ranges, layouts and sizes.
 *
 * @param wanted channels, 1 or 3; the picture's own when left out; grey is repeated, colour becomes luma
 * (299 R + 587 G + 114 B) / 1000 (ITU-R BT.601), which leaves grey pixels exact
 * @returns [channels, H, W] in [0, 1]
 * @throws VaeError "bad-input" for a picture whose sizes disagree, "bad-option" for other channels
 * @example toTensor(decodePng(await readFile('one.png')), 1).shape // [1, 28, 28]
 */
export function toTensor(picture: Picture, wanted?: number): Tensor {
  assertPicture(picture, 'toTensor');
  const channels = wanted ?? picture.channels;
  if (channels !== 1 && channels !== 3) {
    throw new VaeError('bad-option', `toTensor: channels is ${channels}, expected 1 or 3.`);
  }
  const data = valuesOf(picture, { channels, layout: 'chw', range: unitRange });
  return { data, shape: [channels, picture.height, picture.width] };
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
