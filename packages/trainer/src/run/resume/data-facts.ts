import { createHash } from 'node:crypto';
import type { Dataset, Split } from '../../data/dataset.js';
import { TrainerError } from '../../errors.js';
import type { Recipe } from '../../recipe/recipe.js';
import { sameJson } from '../../same-json.js';
import type { Progress } from '../checkpoints/checkpoint.js';
import type { PartName } from '../latent/latent-view.js';
import { formatCount } from '../report/format.js';
import { type ItemFacts, itemFacts, otherItems } from './item-facts.js';

/** Longer lists are kept as their digest. */
const MOST_KEPT = 64;
/** Digits that are compared: what another order of summation gives is the same number. */
const DIGITS = 9;

/** A list, or the SHA-256 of a long one. */
type Kept<T> = readonly T[] | string;

/** What is measured on the items, and what is done to them. */
const MEASURES = {
  mean: 'mean',
  std: 'standard deviation',
  offset: 'offset',
  scale: 'scale',
} as const;
type Measure = keyof typeof MEASURES;

/** What the data of a run are: weights that were trained on them are good for no others. */
export interface DataFacts {
  /** Samples of each part; which are seen when follows from them. */
  readonly samples: Readonly<Partial<Record<PartName, number>>>;
  /** Extents of one sample. */
  readonly shape: readonly number[];
  readonly columns?: Kept<string>;
  /** One number per column each: mean and deviation in the units of the file, offset and scale where they are scaled. */
  readonly measures: Readonly<Partial<Record<Measure, Kept<number>>>>;
  /** Some training items, where the data set measured nothing. */
  readonly items?: ItemFacts;
  /** Where the model is told them: the classes, and the digest of whose each training sample is. */
  readonly labels?: { readonly classes: Kept<string>; readonly digest: string };
}

const digestOf = (list: readonly unknown[]): string =>
  `sha256:${createHash('sha256').update(JSON.stringify(list)).digest('hex')}`;

const keep = <T>(list: readonly T[]): Kept<T> => (list.length <= MOST_KEPT ? list : digestOf(list));

const keepNumbers = (list: ArrayLike<number>): Kept<number> =>
  keep(Array.from(list, (value) => Number(value.toPrecision(DIGITS))));

/** Nothing else tells of labels: the items may be the same with others. */
const labelFacts = ({ classes = [], train }: Dataset): NonNullable<DataFacts['labels']> => ({
  classes: keep(classes),
  digest: digestOf(Array.from({ length: train.size }, (_, index) => train.label?.(index))),
});

/**
 * What the data are that a run is given.
 *
 * @param recipe that they are for: labels are part of a conditional model's data
 * @param parts the training and the validation part as the run has them; the test part is the data set's own
 * @example dataFacts(dataset, holdBack(dataset.train, 0.1, seed), recipe).samples // { train: 900, validation: 100 }
 */
export function dataFacts(
  dataset: Dataset,
  { train, validation }: { readonly train: Split; readonly validation?: Split },
  { model }: Pick<Recipe, 'model'>,
): DataFacts {
  const { shape, columns, statistics, normalization, test } = dataset;
  const sizes = Object.entries({ train, validation, test }).flatMap(([part, split]) =>
    split ? [[part, split.size]] : [],
  );
  const { mean, std } = statistics ?? {};
  const { offset, scale } = normalization ?? {};
  const measured = Object.entries({ mean, std, offset, scale }).flatMap(([name, list]) =>
    list ? [[name, keepNumbers(list)]] : [],
  );
  return {
    samples: Object.fromEntries(sizes),
    shape,
    ...(columns && { columns: keep(columns) }),
    measures: Object.fromEntries(measured),
    ...(model.conditional && { labels: labelFacts(dataset) }),
  };
}

/**
 * The same with what some training items are like, of data that nothing was measured on.
 *
 * @param train how the items are read
 * @throws what reading throws
 */
export async function withItems(
  facts: DataFacts,
  dataset: Dataset,
  train: Split = dataset.train,
): Promise<DataFacts> {
  const items = await itemFacts(dataset, train);
  return items ? { ...facts, items } : facts;
}

function sizeDifferences(then: DataFacts, now: DataFacts): string[] {
  const found: string[] = [];
  if (!sameJson(then.shape, now.shape))
    found.push(`samples of ${then.shape.join('×')} numbers then, of ${now.shape.join('×')} now`);
  for (const part of ['train', 'validation', 'test'] as const) {
    const [before, after] = [then.samples[part] ?? 0, now.samples[part] ?? 0];
    if (before === after) continue;
    const which = part === 'train' ? '' : `${part} `;
    found.push(`${formatCount(before)} ${which}samples then, ${formatCount(after)} now`);
  }
  return found;
}

function columnDifference({ columns: then }: DataFacts, { columns: now }: DataFacts): string | undefined {
  if (sameJson(then, now)) return undefined;
  if (!Array.isArray(then) || !Array.isArray(now) || then.length !== now.length)
    return 'the names of the columns are others';
  const at = then.findIndex((name, i) => name !== now[i]);
  return `column ${at + 1} was "${then[at]}", now it is "${now[at]}"`;
}

/** A number in few digits, unless they are not enough to tell two apart. */
const show = (value: number, other: number): string => {
  const [short, shortOther] = [value, other].map((number) => Number(number.toPrecision(7)));
  return String(short === shortOther ? value : short);
};

function measureDifference(measure: Measure, then: DataFacts, now: DataFacts): string | undefined {
  const [before, after] = [then.measures[measure], now.measures[measure]];
  if (sameJson(before, after)) return undefined;
  if (before === undefined || after === undefined) {
    // Whether anything was measured says nothing of the values; whether they are scaled does.
    if (measure === 'mean' || measure === 'std') return undefined;
    const [was, is] = [before, after].map((list) => (list ? 'scaled' : 'taken as they are'));
    return `the values were ${was}, now they are ${is}`;
  }
  const word = MEASURES[measure];
  if (typeof before === 'string' || typeof after === 'string') return `the ${word} of the values is another`;
  const others = before.flatMap((value, i) => (value === after[i] ? [] : [i]));
  const [at] = others;
  const name = Array.isArray(now.columns) ? `"${now.columns[at]}"` : `number ${at + 1} of a sample`;
  const more = others.length === 1 ? '' : `, and ${others.length - 1} more changed`;
  return `${name} had ${word} ${show(before[at], after[at])}, now ${show(after[at], before[at])}${more}`;
}

function itemDifference({ items: then }: DataFacts, { items: now }: DataFacts): string | undefined {
  const others = then && now ? otherItems(then, now) : [];
  if (others.length === 0) return undefined;
  const [{ index, measure, before, after }] = others;
  const more = others.length === 1 ? '' : `, and ${others.length - 1} more changed`;
  const of = `of the ${then!.at.length} training items that are looked at`;
  return `${of}, item ${formatCount(index + 1)} had ${MEASURES[measure]} ${show(before, after)}, now ${show(after, before)}${more}`;
}

function labelDifference({ labels: then }: DataFacts, { labels: now }: DataFacts): string | undefined {
  if (sameJson(then, now)) return undefined;
  if (sameJson(then?.classes, now?.classes)) return 'samples are of other classes than they were';
  const [were, are] = [then, now].map((labels) => {
    const { classes = [] } = labels ?? {};
    return typeof classes === 'string' ? 'others' : classes.map((name) => `"${name}"`).join(', ');
  });
  return `the classes were ${were}, now they are ${are}`;
}

/** What differs between the data of before and now; what follows from another number of samples or columns is left out. */
function differences(then: DataFacts, now: DataFacts): string[] {
  const found = [...sizeDifferences(then, now), columnDifference(then, now)].filter(
    (text) => text !== undefined,
  );
  if (found.length > 0) return found;
  for (const measure of Object.keys(MEASURES) as Measure[]) {
    const difference = measureDifference(measure, then, now);
    if (difference !== undefined) return [difference];
  }
  return [itemDifference(then, now), labelDifference(then, now)].filter((text) => text !== undefined);
}

/**
 * Keeps a run from going on with other data than it began with. Early checkpoints do not tell what theirs were.
 *
 * @param out the run folder, for the message
 * @throws TrainerError "bad-data" naming what differs: samples, columns, their statistics, how they are scaled or
 *   what some items are like
 * @example requireSameData(checkpoint.progress, dataFacts(dataset, parts), 'runs/first')
 */
export function requireSameData({ data: then }: Pick<Progress, 'data'>, now: DataFacts, out: string): void {
  const found = then === undefined ? [] : differences(then, now);
  if (found.length === 0) return;
  throw new TrainerError(
    'bad-data',
    `${out}: the data are not those of the run: ${found.join('; ')}. Give it the old data to go on, or begin a new run with ` +
      'another --out.',
  );
}
