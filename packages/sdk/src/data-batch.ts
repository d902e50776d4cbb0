import { type Fit, type ImageInput, imageBatch } from './images/index.js';
import type { DataSpec } from './model.js';
import { type ArrayInput, asBatch, assertRange, type Tensor, toAnyTensor, toFloatTensor } from './tensor.js';
import { above } from './values.js';

/** What is taken as data: arrays, one image, or a list of images. */
export type DataInput = ArrayInput | ImageInput | readonly ImageInput[];

export interface Fitting {
  /** What to do with an image of another size; 'exact' (an error) when left out. Arrays have to fit. */
  readonly fit?: Fit;
  /** Grey level behind transparent pixels and around images with `fit: 'contain'`, 0 (black, default) to 255. */
  readonly background?: number;
}

/**
 * Brings what a caller passed into [N, ...shape], checked against the model's shape and range, and thresholded where
 * the model was trained on thresholded data.
 *
 * @throws VaeError "bad-input" naming both shapes, or the first value that is outside the range; "bad-file",
 * "not-found" for images
 */
export async function dataBatch(
  x: DataInput,
  spec: DataSpec,
  where: string,
  fitting: Fitting,
): Promise<Tensor> {
  const batch = (await imageBatch(x, spec, where, fitting)) ?? arrayBatch(x as ArrayInput, spec, where);
  const { threshold } = spec;
  if (threshold === undefined) return batch;
  return { data: above(batch.data, threshold), shape: batch.shape };
}

function arrayBatch(x: ArrayInput, { shape, range }: DataSpec, where: string): Tensor {
  if (!range) return asBatch(toFloatTensor(x, where), shape, where);
  const batch = asBatch(toAnyTensor(x, where), shape, where);
  assertRange(batch, range[0], range[1], where, rangeHint(range));
  return batch;
}

function rangeHint([low, high]: readonly [number, number]): string {
  if (low === 0 && high === 1) return ' Divide bytes by 255.';
  return low === -1 && high === 1 ? ' Bytes come there by value / 127.5 - 1.' : '';
}
