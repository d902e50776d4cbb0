import type { Dataset } from '../../data/dataset.js';
import { isOpened } from '../../data/open.js';
import { sampleSize } from '../../graph/shape.js';
import { range } from '../indices.js';

/** Items that are looked at, at most: reading one may take some milliseconds. */
const MOST_ITEMS = 16;
/**
 * What another decoder of pictures may change, as a share of the largest standard deviation in an item, and two grey
 * values at least. All items of other data are hardly ever that close in mean and deviation.
 */
const TOLERANCE = 0.1;
const GREY_VALUES = 2 / 255;
const DIGITS = 6;

/** Some training items, evenly spread: where they stand, and what each of them is like. */
export interface ItemFacts {
  /** Counted from 0. */
  readonly at: readonly number[];
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

const rounded = (value: number): number => Number(value.toPrecision(DIGITS));

function momentsOf(values: Float32Array): { mean: number; std: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean: rounded(mean), std: rounded(Math.sqrt(squares / values.length)) };
}

/** The first and the last of `size` items, and what lies evenly between them. */
function spread(size: number): number[] {
  const count = Math.min(size, MOST_ITEMS);
  return range(0, count).map((i) => Math.floor((i * (size - 1)) / Math.max(1, count - 1)));
}

/**
 * What some training items are like, of a data set that measured none.
 *
 * @returns undefined where statistics tell more, and for a data set of the caller's own, which may be read at random
 * @throws what reading throws
 */
export async function itemFacts(
  dataset: Dataset,
  train: Pick<Dataset['train'], 'size' | 'read'> = dataset.train,
): Promise<ItemFacts | undefined> {
  if (dataset.statistics || !isOpened(dataset)) return undefined;
  const at = spread(train.size);
  const size = sampleSize(dataset.shape);
  const values = new Float32Array(at.length * size);
  await train.read(at, values);
  const moments = at.map((_, i) => momentsOf(values.subarray(i * size, (i + 1) * size)));
  return { at, mean: moments.map(({ mean }) => mean), std: moments.map(({ std }) => std) };
}

/** An item that is another than before. */
interface OtherItem {
  readonly index: number;
  readonly measure: 'mean' | 'std';
  readonly before: number;
  readonly after: number;
}

/** The items that changed by more than decoders differ in. */
export function otherItems(then: ItemFacts, now: ItemFacts): OtherItem[] {
  // Another version may look at others.
  if (then.at.join() !== now.at.join()) return [];
  const most = Math.max(GREY_VALUES, TOLERANCE * Math.max(...then.std, ...now.std));
  return then.at.flatMap((index, i) => {
    const measure = (['mean', 'std'] as const).find((name) => Math.abs(then[name][i] - now[name][i]) > most);
    return measure ? [{ index, measure, before: then[measure][i], after: now[measure][i] }] : [];
  });
}
