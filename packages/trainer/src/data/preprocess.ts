import { isWithin, thresholded } from '@vae/sdk/runtime';
import { TrainerError } from '../errors.js';
import { drawBitRows } from '../noise/fill-rows.js';
import type { Dataset } from './dataset.js';
import { ANY_FINITE, firstOutside } from './first-outside.js';

/**
 * What grey values become before they are modelled: `false` leaves them; a threshold in 0..1 (both excluded) makes 1 of
 * every value above it and 0 of the rest; `'dynamic'` draws each pixel as 1 with its grey value as the probability, anew at
 * each step.
 *
 * With byte images and threshold 0.5, `>` and `>=` are the same: 127/255 lies below one half and 128/255 above.
 */
export type Binarize = false | number | 'dynamic';

const UNIT = [0, 1] as const;
const UNIT_BOUNDS = { low: 0, high: 1 };

/** @throws TrainerError "bad-option" when a value is none of those that `Binarize` allows */
export function checkBinarize(option: unknown): asserts option is Binarize {
  if (option === false || option === 'dynamic') return;
  if (typeof option === 'number' && option > 0 && option < 1) return;
  throw new TrainerError(
    'bad-option',
    `binarize: expected false, "dynamic" or a threshold between 0 and 1, got ${JSON.stringify(option) ?? String(option)}.`,
  );
}

/**
 * Checks a batch of images and binarises it in place.
 *
 * A dynamic draw is a function of (seed, step, index in the data set, pixel), so it does not depend on the batch an image
 * is in, nor on what was drawn before; pass a step that differs from epoch to epoch to draw anew.
 *
 * @param batch images one after the other, values in [0, 1]; what lies behind the last is left alone
 * @param indices the index of each image in its data set
 * @param itemSize numbers per image
 * @param range what the values lie between, as the data set says; null for any finite number, which cannot be binarised
 * @throws TrainerError "bad-option"; "bad-data" for a value outside the range or no number, with the item and the position
 */
export function preprocess(
  batch: Float32Array,
  indices: ArrayLike<number>,
  itemSize: number,
  option: Binarize,
  { seed, step }: { seed: number; step: number },
  range: readonly [low: number, high: number] | null = UNIT,
): void {
  checkBinarize(option);
  if (option !== false && (range?.[0] !== 0 || range[1] !== 1)) {
    throw new TrainerError(
      'bad-option',
      'binarize: only values from 0 to 1 can be binarised; set it to false, or scale the data.',
    );
  }
  const values = itemsOf(batch, indices, itemSize);
  if (typeof option === 'number') {
    // One look at the values for both; where one is out of range, the check finds it where it was.
    if (!thresholded(values, UNIT_BOUNDS, option, values)) checkRange(values, indices, itemSize, range);
    return;
  }
  checkRange(values, indices, itemSize, range);
  if (option === 'dynamic') drawBitRows(batch, { seed, stream: 'binarize', step, indices, size: itemSize });
}

function itemsOf(batch: Float32Array, indices: ArrayLike<number>, itemSize: number): Float32Array {
  const end = indices.length * itemSize;
  if (batch.length >= end) return batch.subarray(0, end);
  throw new TrainerError(
    'bad-shape',
    `preprocess: ${indices.length} items of ${itemSize} numbers make ${end}, the batch holds ${batch.length}.`,
  );
}

function checkRange(
  values: Float32Array,
  indices: ArrayLike<number>,
  itemSize: number,
  range: readonly [low: number, high: number] | null,
): void {
  const [low, high] = range ?? ANY_FINITE;
  if (isWithin(values, { low, high })) return;
  const at = firstOutside(values, low, high);
  if (at < 0) return;
  const expected = range ? `numbers from ${low} to ${high}` : 'finite numbers';
  throw new TrainerError(
    'bad-data',
    `Item ${indices[Math.floor(at / itemSize)]} has the value ${values[at]} at position ${at % itemSize}; expected ${expected}.`,
  );
}

/**
 * What a number reported for this input and likelihood is, in one sentence for the report.
 *
 * @param likelihood the name of the decoder's distribution, such as `bernoulli` or `gaussian`
 * @param kind of the data
 */
export function describeLikelihoodInput(
  option: Binarize,
  likelihood: string,
  kind: Dataset['kind'] = 'image',
): string {
  checkBinarize(option);
  if (kind !== 'image' && option === false) return describeVectorInput(likelihood);
  if (likelihood === 'bernoulli') {
    if (option === false) {
      return 'Bernoulli on grey values is a cross-entropy, not a likelihood of the data: even a perfect model stays above a floor that is not zero, and the numbers are not comparable with bounds on binarised images. The likelihood continuousBernoulli has a density for them.';
    }
    return option === 'dynamic'
      ? 'Bernoulli on images binarised anew at every step, each pixel 1 with its grey value as probability: a bound on the log-likelihood of binary images, comparable with results on dynamically binarised data only.'
      : `Bernoulli on images thresholded at ${option} (1 where the grey value is above it): a bound on the log-likelihood of binary images, comparable with results at the same threshold only.`;
  }
  const name = inWords(likelihood);
  if (option === false) {
    return `${name} on grey values in [0, 1]: a log-density, which may have either sign and depends on the scale of the pixels, so it is comparable neither with Bernoulli bounds nor with values in another range.`;
  }
  const how = option === 'dynamic' ? 'binarised at random' : `thresholded at ${option}`;
  return `${name} on images ${how}: a log-density of values that are only ever 0 or 1, which grows without limit as the model sharpens; use a Bernoulli likelihood for a bound that can be compared.`;
}

/** A likelihood's name as a sentence begins with it: "continuousBernoulli" is "Continuous Bernoulli". */
function inWords(likelihood: string): string {
  const spaced = likelihood.replace(/(?<=[a-z])[A-Z]/g, ' $&');
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

function describeVectorInput(likelihood: string): string {
  if (likelihood === 'bernoulli') {
    return 'Bernoulli on values between 0 and 1 is a cross-entropy, not a likelihood of the data, unless all of them are 0 or 1; it is comparable on the same data with the same scaling only.';
  }
  return `${inWords(likelihood)} on vectors as they were scaled: a log-density, which may have either sign and depends on that scale, so it is comparable on the same data with the same scaling only.`;
}

/**
 * Refuses data that a Bernoulli likelihood, or the continuous one, cannot be asked about.
 *
 * @throws TrainerError "bad-option" saying how to scale them
 * @example requireLikelihoodFits(dataset, recipe.likelihood.type)
 */
export function requireLikelihoodFits(
  { name, range = UNIT, kind }: Pick<Dataset, 'name' | 'range' | 'kind'>,
  likelihood: string,
): void {
  const isOfUnit = likelihood === 'bernoulli' || likelihood === 'continuousBernoulli';
  if (!isOfUnit || (range && range[0] >= 0 && range[1] <= 1)) return;
  const what = range ? `values from ${range[0]} to ${range[1]}` : 'values of any size';
  // Sound has no options that scale it.
  const scale = kind === 'audio' ? '' : ', or scale the data with normalize=minmax or range=LOW,HIGH';
  throw new TrainerError(
    'bad-option',
    `The ${likelihood} likelihood takes values from 0 to 1, ${name} has ${what}. Use the likelihood gaussian${scale}.`,
  );
}
