import { create } from '../choice.js';
import type { Dataset } from '../data/dataset.js';
import { likelihoods } from '../likelihoods/index.js';
import type { Recipe } from '../recipe/recipe.js';

type Interval = readonly [low: number, high: number];

const ANY: Interval = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];

/** What layers give that do not give numbers of any size. */
const GIVEN: Readonly<Record<string, Interval>> = {
  sigmoid: [0, 1],
  tanh: [-1, 1],
  relu: [0, Number.POSITIVE_INFINITY],
  softplus: [0, Number.POSITIVE_INFINITY],
};

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const short = (value: number): string => String(Number(value.toFixed(3)));

function describe([low, high]: Interval): string {
  if (high < Number.POSITIVE_INFINITY) return `numbers from ${short(low)} to ${short(high)}`;
  return low > Number.NEGATIVE_INFINITY ? `numbers of at least ${short(low)}` : 'numbers of any size';
}

/**
 * Why a decoder cannot give all that its likelihood wants of it, in words: its last layer gives too few numbers for logits,
 * which have any size, or for the data. In other libraries a decoder of a Bernoulli ends with a sigmoid.
 *
 * @param range of the data; [0, 1] when left out, null for any finite number
 * @returns undefined where it can
 */
export function describeDecoderEnd(
  { model, likelihood }: Pick<Recipe, 'model' | 'likelihood'>,
  range: Dataset['range'] = [0, 1],
): string | undefined {
  const last = model.decoder.findLast(({ type }) => type !== 'reshape' && type !== 'flatten');
  const given = GIVEN[last?.type ?? ''];
  const isLogits = create(likelihoods, likelihood).rawOutput === 'logits';
  const wanted = isLogits ? ANY : (range ?? ANY);
  if (!given || (given[0] <= wanted[0] && given[1] >= wanted[1])) return undefined;
  const [low, high] = given.map(sigmoid) as [number, number];
  const why = isLogits
    ? `the likelihood ${likelihood.type} takes them for logits, so that expected values are ${describe([low, high])} only`
    : `the data are ${describe(wanted)}`;
  return `The decoder ends with "${last?.type}", which gives ${describe(given)}; ${why}. Leave that layer out.`;
}
