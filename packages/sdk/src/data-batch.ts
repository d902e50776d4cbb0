import { type Fit, type ImageInput, imageBatch } from './images/index.js';
import { holdsImages } from './images/read-image.js';
import type { DataSpec } from './model.js';
import { isWithin, type Thresholds, thresholded } from './simd/threshold.js';
import { type ArrayInput, asBatch, isTensor, rangeError, type Tensor, toAnyTensor } from './tensor.js';

/** What is taken as data: arrays, one image, or a list of images. */
export type DataInput = ArrayInput | ImageInput | readonly ImageInput[];

export interface Fitting {
  /** What to do with an image of another size; 'exact' (an error) when left out. Arrays have to fit. */
  readonly fit?: Fit;
  /** Grey level behind transparent pixels and around images with `fit: 'contain'`, 0 (black, default) to 255. */
  readonly background?: number;
}

const largestFinite = 3.4028234663852886e38;
const anyFinite = [-largestFinite, largestFinite] as const;

/**
 * Brings what a caller passed into [N, ...shape], checked against the model's shape and range, and thresholded where
 * the model was trained on thresholded data. Arrays are there at once, images take a while.
 *
 * @param thresholds where the memory of thresholded data comes from and can be given back to; fresh when left out
 * @throws VaeError "bad-input" naming both shapes, or the first value that is outside the range; "bad-file",
 * "not-found" for images
 */
export function dataBatch(
  x: DataInput,
  spec: DataSpec,
  where: string,
  fitting: Fitting,
  thresholds?: Thresholds,
): Tensor | Promise<Tensor> {
  if (!isTensor(x) && holdsImages(x)) {
    return imageBatch(x, spec, where, fitting).then((batch) => checked(batch!, spec, where, thresholds));
  }
  return checked(asBatch(toAnyTensor(x as ArrayInput, where), spec.shape, where), spec, where, thresholds);
}

function checked(
  batch: Tensor,
  { range = anyFinite, threshold }: DataSpec,
  where: string,
  thresholds: Thresholds | undefined,
): Tensor {
  const bounds = { low: range[0], high: range[1] };
  const { data, shape } = batch;
  if (threshold === undefined) {
    if (isWithin(data, bounds)) return batch;
  } else {
    const values = (thresholds ?? { run: thresholded }).run(data, bounds, threshold);
    if (values) return { data: values, shape };
  }
  throw rangeError(batch, ...range, where, rangeHint(range));
}

function rangeHint([low, high]: readonly [number, number]): string {
  if (low === 0 && high === 1) return ' Divide bytes by 255.';
  return low === -1 && high === 1 ? ' Bytes come there by value / 127.5 - 1.' : '';
}
