import { VaeError } from '../errors.js';
import { type Fit, type ImageInput, imageBatch } from '../images/index.js';
import { holdsImages } from '../images/read-image.js';
import { type Normalization, normalized } from '../manifest/normalize.js';
import type { DataSpec } from '../model.js';
import { isWithin, Thresholds, thresholded } from '../simd/threshold.js';
import { tagOf } from '../tag.js';
import {
  type ArrayInput,
  asBatch,
  indexText,
  isTensor,
  rangeError,
  type Tensor,
  toAnyTensor,
} from '../tensor.js';
import { firstNotFinite, firstOutside, largestFloat } from '../values.js';

/** What is taken as data: arrays, one image, or a list of images. */
export type DataInput = ArrayInput | ImageInput | readonly ImageInput[];

export interface Fitting {
  /**
   * What to do with an image of another size. When left out, images become what images became in training, where the
   * model's manifest says how, and are refused elsewhere ('exact'). Arrays have to fit.
   */
  readonly fit?: Fit;
  /**
   * Grey level behind transparent pixels and around images with `fit: 'contain'`, 0 (black) to 255. When left out that
   * of training, else black.
   */
  readonly background?: number;
}

export interface Scaling {
  /**
   * Arrays are as the graphs take and give them: nothing is done by the `normalize` of the model's data. When left out,
   * arrays are in the data's own units.
   */
  readonly normalized?: boolean;
}

const anyFinite = [-largestFloat, largestFloat] as const;

/**
 * Brings what a caller passed into [N, ...shape] as the encoder takes it: arrays normalised where the model was trained
 * on normalised data, checked against its shape and range, and thresholded where it was trained on thresholded data.
 * Arrays are there at once, images take a while; images are brought to the model's own range as they come.
 *
 * A value that training cut off (`normalize.clip`) is cut off here; any other one that is outside the range after
 * normalisation is an error.
 *
 * @param thresholds the model's, where the memory of thresholded data comes from and can be given back to; it is fresh
 * when left out
 * @throws VaeError "bad-input" naming both shapes, or the first value that is outside the range; "bad-file",
 * "not-found" for images
 */
export function dataBatch(
  x: DataInput,
  spec: DataSpec,
  where: string,
  fitting: Fitting & Scaling,
  thresholds?: Thresholds,
): Tensor | Promise<Tensor> {
  assertNumbers(x, spec, where);
  if (!isTensor(x) && holdsImages(x)) {
    return imageBatch(x, spec, where, fitting).then((batch) => checked(batch!, spec, where, thresholds));
  }
  if (spec.kind === 'image') assertNoName(x, where);
  const batch = asBatch(toAnyTensor(x as ArrayInput, where), spec.shape, where);
  const { normalize, range } = spec;
  const own = normalize && !fitting.normalized ? scaled(batch, normalize, where, range) : batch;
  return checked(own, spec, where, thresholds);
}

const tables = /\.(csv|tsv|txt|jsonl?|ndjson|parquet|xlsx?|npy|npz)$/i;

/** For a model of rows: refuses the name of a table, and records, whose fields have no order. */
function assertNumbers(x: unknown, { kind, columns, shape }: DataSpec, where: string): void {
  if (kind !== 'vector') return;
  const first: unknown = Array.isArray(x) ? x[0] : x;
  const file = ['String', 'URL'].includes(tagOf(first)) && tables.test(String(first));
  const record = tagOf(first) === 'Object' && !('data' in Object(first)) && !holdsImages(first);
  if (!file && !record) return;
  const how = columns
    ? 'in the order of vae.data.columns, as in records.map((record) => vae.data.columns.map((name) => record[name]))'
    : 'in the order of training, as in [[...], [...]] for two rows';
  const came = record ? 'an object' : `"${String(first).slice(-80)}", which is not read here`;
  throw new VaeError(
    'bad-input',
    `${where}: the model takes rows of ${shape.join(' × ')} numbers ${how}; got ${came}.`,
  );
}

/** Refuses what stands for images and is none itself: a name that nothing is read from here, the list of a file field. */
function assertNoName(x: unknown, where: string): void {
  const first: unknown = Array.isArray(x) ? x[0] : x;
  const tag = tagOf(first);
  if (tag === 'FileList') {
    throw new VaeError(
      'bad-input',
      `${where}: a FileList is no image; pass files[0], or [...files] for all.`,
    );
  }
  if (tag !== 'String' && tag !== 'URL') return;
  throw new VaeError(
    'bad-input',
    `${where}: "${String(first).slice(-80)}": only names of files are read, and in Node only; pass the Blob, as in ` +
      'await (await fetch(url)).blob().',
  );
}

/** Normalises a batch; an error names the value that was passed, not what it became. */
function scaled(
  { data, shape }: Tensor,
  normalize: Normalization,
  where: string,
  [low, high]: readonly [number, number] = anyFinite,
): Tensor {
  if (firstNotFinite(data) >= 0) throw rangeError({ data, shape }, ...anyFinite, where);
  const values = normalized(data, normalize);
  const bad = firstOutside(values, low, high);
  if (bad < 0) return { data: values, shape };
  const dimension = bad % normalize.offset.length;
  const raw = (x: number) => x * normalize.scale[dimension]! + normalize.offset[dimension]!;
  const [least, most] = [raw(low), raw(high)].sort((a, b) => a - b);
  throw new VaeError(
    'bad-input',
    `${where}: element ${indexText(bad, shape)} is ${data[bad]}, outside the range ${least} to ${most} that the model was trained on there.`,
  );
}

/** Memory for the thresholded data of a model, which `dataBatch` takes; none for one that thresholds nothing. */
export function thresholdsFor({
  range: [low, high] = anyFinite,
  threshold,
}: DataSpec): Thresholds | undefined {
  return threshold === undefined ? undefined : new Thresholds({ low, high }, threshold);
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
    const values = thresholds ? thresholds.run(data) : thresholded(data, bounds, threshold);
    if (values) return { data: values, shape };
  }
  throw rangeError(batch, ...range, where, rangeHint(range));
}

function rangeHint([low, high]: readonly [number, number]): string {
  if (low === 0 && high === 1) return ' Divide bytes by 255.';
  return low === -1 && high === 1 ? ' Bytes come there by value / 127.5 - 1.' : '';
}
