import { VaeError } from '../errors.js';
import type { ImagePreparation } from '../manifest/schema.js';
import { assertPicture, type Picture } from '../media/picture.js';
import {
  assertLayout,
  assertValueRange,
  type Layout,
  unitRange,
  type ValueRange,
  valuesOf,
} from '../media/pixels.js';
import { assertBackground } from '../media/rgba.js';
import { optionsOf } from '../options.js';
import { sameShape, show, type Tensor, zeros } from '../tensor.js';
import { type Fit, fitPicture } from './fit.js';
import { prepare } from './prepare.js';

export interface ImageTensorOptions {
  /** Shape of one item as the model takes it; -1 is any size, the image's own. A model's `data` has this and what follows. */
  readonly shape: readonly number[];
  /** What the axes of `shape` are: [C, H, W] ('chw', default), [H, W, C] ('hwc'), or [H W] of grey pixels ('flat'). */
  readonly layout?: Layout;
  /** Values of the bytes 0 and 255; [0, 1] when left out. */
  readonly range?: ValueRange;
  /** What to do with an image of another size. When left out: the `preparation`, else 'exact', which refuses it. */
  readonly fit?: Fit;
  /** How images of any size became those that a model was trained on, which is done to these unless there is a `fit`. */
  readonly preparation?: ImagePreparation;
  /** Grey level of the borders that `fit: 'contain'` leaves, 0 (black, default) to 255 (white). */
  readonly background?: number;
}

/**
 * A picture as a model takes it, or several as a batch: value = low + (high - low) * byte / 255, exact and never
 * stretched. Grey is repeated for a model with colours; colours become grey by Rec. 601 luma. Nothing is inverted.
 * With a `preparation` and no `fit`, a picture of any size becomes what such a picture became in training.
 *
 * @returns [...item] for one picture, [N, ...item] for a list
 * @throws VaeError "bad-input" for an image of another size (naming both) or smaller than the preparation needs, and a shape that holds no image,
 * "bad-option"
 * @example imageTensor(decodePng(bytes), { shape: [3, 64, 64], range: [-1, 1], fit: 'cover' }).shape // [3, 64, 64]
 */
export function imageTensor(
  pictures: Picture | readonly Picture[],
  options: ImageTensorOptions,
  where = 'imageTensor',
): Tensor {
  const checked = checkedOptions(options, where);
  if (!Array.isArray(pictures)) return itemOf(pictures as Picture, checked, where);
  return batchOf(
    pictures.map((picture: Picture, i) => itemOf(picture, checked, `${where} image ${i}`)),
    where,
  );
}

/** Items of one shape as a batch [N, ...item]. */
export function batchOf(items: readonly Tensor[], where: string): Tensor {
  const [first] = items;
  if (!first) throw new VaeError('bad-input', `${where}: no images; give one or more.`);
  const shape = [items.length, ...first.shape];
  const data = zeros(shape, where);
  for (const [i, item] of items.entries()) {
    if (!sameShape(item.shape, first.shape)) {
      throw new VaeError(
        'bad-input',
        `${where} image ${i}: shape ${show(item.shape)}, image 0 has ${show(first.shape)}; a batch has one size.`,
      );
    }
    data.set(item.data, i * first.data.length);
  }
  return { data, shape };
}

type Checked = Required<Omit<ImageTensorOptions, 'fit' | 'preparation'>> &
  Pick<ImageTensorOptions, 'fit' | 'preparation'>;

function checkedOptions(options: ImageTensorOptions, where: string): Checked {
  const {
    shape,
    layout = 'chw',
    range = unitRange,
    fit,
    preparation,
    background = 0,
  } = optionsOf(options, where);
  assertLayout(layout, where);
  assertValueRange(range, where);
  assertBackground(background, where);
  const sizes =
    Array.isArray(shape) && shape.every((size) => Number.isInteger(size) && (size > 0 || size === -1));
  if (!sizes || shape.length !== (layout === 'flat' ? 1 : 3)) {
    const axes = { chw: '[C, H, W]', hwc: '[H, W, C]', flat: '[H * W]' }[layout];
    throw new VaeError('bad-input', `${where}: the model takes shape [${shape}], images need ${axes}.`);
  }
  return { shape, layout, range, fit, preparation, background };
}

function itemOf(picture: Picture, options: Checked, where: string): Tensor {
  const { shape, layout, range, fit, preparation, background } = options;
  assertPicture(picture, where);
  const wanted = layout === 'flat' ? flatSize(shape[0]!, picture, where) : axesOf(shape, layout);
  const channels = wanted.channels === -1 ? picture.channels : wanted.channels;
  if (channels !== 1 && channels !== 3) {
    throw new VaeError('bad-input', `${where}: the model takes ${channels} channels, images have 1 or 3.`);
  }
  const width = wanted.width === -1 ? picture.width : wanted.width;
  const height = wanted.height === -1 ? picture.height : wanted.height;
  const fitted =
    preparation && fit === undefined
      ? prepare(picture, { width, height, channels }, preparation, where)
      : fitPicture(picture, width, height, { fit: fit ?? 'exact', background, where });
  const item = { chw: [channels, height, width], hwc: [height, width, channels], flat: [height * width] }[
    layout
  ];
  return { data: valuesOf(fitted, { channels, layout, range }), shape: item };
}

interface Size {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

function axesOf([a, b, c]: readonly number[], layout: 'chw' | 'hwc'): Size {
  return layout === 'chw' ? { channels: a!, height: b!, width: c! } : { height: a!, width: b!, channels: c! };
}

/** A row of grey pixels does not tell its sides: an image of as many pixels fits as it is, others are made a square. */
function flatSize(length: number, { width, height }: Picture, where: string): Size {
  if (length === -1 || width * height === length) return { channels: 1, width, height };
  const side = Math.sqrt(length);
  if (Number.isInteger(side)) return { channels: 1, width: side, height: side };
  throw new VaeError(
    'bad-input',
    `${where}: the image has ${width} x ${height} pixels, the model takes ${length} in one row; scale the image.`,
  );
}
