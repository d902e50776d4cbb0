import { VaeError } from '../errors.js';
import type { ImagePreparation } from '../manifest/schema.js';
import type { Picture } from '../media/picture.js';
import { resize } from '../media/resize.js';
import { cover, middle, type Scale } from './crop.js';
import { lanczos } from './lanczos.js';

export interface PreparedSize {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

const kernels: Readonly<Record<ImagePreparation['kernel'], Scale>> = {
  area: (picture, width, height) => resize(picture, width, height),
  lanczos3: lanczos,
};

/**
 * A picture as those became that a model was trained on: a window in its middle, scaled to a size, the middle of that,
 * and for one channel its luma as bytes. Nothing is mirrored or moved, as in training on pictures that are only judged.
 *
 * An image of the model's own size that is smaller than the window stays as it is: it has been cut already.
 *
 * @throws VaeError "bad-input" for another picture that is smaller than the window, naming both sizes
 */
export function prepare(
  picture: Picture,
  { width, height, channels }: PreparedSize,
  { fit, window, resized = [height, width], kernel }: ImagePreparation,
  where: string,
): Picture {
  const [windowHeight, windowWidth] = window ?? [picture.height, picture.width];
  if (picture.width < windowWidth || picture.height < windowHeight) {
    if (picture.width === width && picture.height === height) return toLuma(picture, channels);
    throw new VaeError(
      'bad-input',
      `${where}: the image has ${picture.width} x ${picture.height} pixels, the model was trained on the middle ` +
        `${windowWidth} x ${windowHeight} of larger ones; choose fit: 'cover', 'contain' or 'fill', or a larger image.`,
    );
  }
  const used = middle(picture, windowWidth, windowHeight);
  const scale = kernels[kernel];
  const [innerHeight, innerWidth] = resized;
  const scaled =
    fit === 'cover' ? cover(used, innerWidth, innerHeight, scale) : scale(used, innerWidth, innerHeight);
  return toLuma(middle(scaled, width, height), channels);
}

/** Colours as luma (ITU-R BT.601) rounded to bytes, where one channel is wanted. */
function toLuma(picture: Picture, channels: 1 | 3): Picture {
  if (channels === 3 || picture.channels === 1) return picture;
  const { data: colours, width, height } = picture;
  const data = new Uint8Array(width * height);
  for (let i = 0, at = 0; i < data.length; i++, at += 3) {
    data[i] = Math.round((299 * colours[at]! + 587 * colours[at + 1]! + 114 * colours[at + 2]!) / 1000);
  }
  return { width, height, channels: 1, data };
}
