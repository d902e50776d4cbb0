import { images as reader } from '#platform';
import { VaeError } from '../errors.js';
import type { Picture } from '../media/picture.js';
import type { DataSpec } from '../model.js';
import { optionsOf } from '../options.js';
import { quiet } from '../quiet.js';
import { show, type Tensor } from '../tensor.js';
import type { Fit } from './fit.js';
import type { ReadImageOptions } from './reader.js';
import { batchOf, imageTensor } from './to-tensor.js';
import type { ImageInput } from './types.js';

/**
 * The pixels of an image: of a file's bytes, a Blob, an ImageData or a canvas; in Node also of a path or file: URL, in
 * browsers of all that they can draw. PNG gives the exact bytes of the file on both. Transparent pixels are composited
 * on the background, black unless it is given; what lies under them is often no part of the image.
 *
 * @returns 8 bits per channel; grey for a grey PNG, else in colour
 * @throws VaeError "bad-input" for what is no image here, "bad-file" for one that cannot be decoded, "not-found",
 * "bad-option"
 * @example const picture = await readImage('digit.png', { background: 255 })
 */
export async function readImage(image: ImageInput, options?: ReadImageOptions): Promise<Picture> {
  return reader.readImage(image, 'readImage', optionsOf(options, 'readImage'));
}

/** True for an image, and for a list that begins with one. */
export function holdsImages(value: unknown): boolean {
  return reader.isImage(Array.isArray(value) ? value[0] : value);
}

export interface ImageBatchOptions extends ReadImageOptions {
  /** What to do with images of another size; when left out as in training where that is known, else 'exact'. */
  readonly fit?: Fit;
}

/**
 * The batch [N, ...shape] that an image or a list of images stands for; undefined for a value that holds no images.
 *
 * @throws VaeError as `readImage` and `imageTensor`; "bad-input" for a model of other data, and for a list that mixes
 * images and other things
 */
export async function imageBatch(
  value: unknown,
  { kind, shape, layout, range, preparation }: DataSpec,
  where: string,
  { fit, background = preparation?.background }: ImageBatchOptions = {},
): Promise<Tensor | undefined> {
  if (!holdsImages(value)) return undefined;
  const list = Array.isArray(value);
  const images: readonly unknown[] = list ? value : [value];
  if (kind === 'audio' || kind === 'sequence') {
    throw new VaeError(
      'bad-input',
      `${where}: an image, but the model takes ${kind} of shape ${show(shape)}.`,
    );
  }
  const named = (i: number) => (list ? `${where} image ${i}` : where);
  const read = (i: number) => reader.readImage(images[i], named(i), { background });
  const begun = images.map((image, i) => (isDrawnOn(image) ? quiet(read(i)) : undefined));
  const items: Tensor[] = [];
  for (const i of images.keys()) {
    // One file after the other, so that their pixels are not all in memory.
    const picture = await (begun[i] ?? read(i));
    items.push(imageTensor(picture, { shape, layout, range, fit, preparation, background }, named(i)));
  }
  return batchOf(items, where);
}

/** A canvas or a video, which may show something else in a moment. */
function isDrawnOn(image: unknown): boolean {
  return 'getContext' in Object(image) || 'videoWidth' in Object(image);
}
