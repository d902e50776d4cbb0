import { VaeError } from '../errors.js';
import type { LabelSpec } from '../model.js';
import { nearest } from '../nearest.js';
import { shown } from '../shown.js';
import { type ArrayInput, type NumberArray, show, type Tensor, toFloatTensor } from '../tensor.js';

// What labels are is looked at here, and how graphs take them in label-port.ts. Both are loaded with the first label.

/** The label of an item: the number of a class, from 0, or its name. */
export type Label = number | string;

/**
 * Labels of a batch: one for all items, or a list of one for each; or condition vectors [K] or [1, K] for all, [N, K] for
 * each. A vector is told from a list by its two axes, or by its shape in `{ data, shape }`.
 */
export type LabelInput = Label | readonly Label[] | BigInt64Array | ArrayInput;

/** Labels, checked. */
export interface Labels {
  /** Numbers of classes, or the vectors' numbers one after another. */
  readonly values: ArrayLike<number>;
  /** Numbers of each vector; undefined for classes. */
  readonly width?: number | undefined;
  /** How many; undefined where one goes for all items. */
  readonly count: number | undefined;
}

/** What errors begin with, and whose labels they are. */
export interface LabelPlace {
  /** Such as 'decode label'. */
  readonly where: string;
  /** The model's name. */
  readonly name: string;
}

/**
 * Brings what a caller passed as labels into numbers.
 *
 * @throws VaeError "unsupported" for a model without labels; "bad-option" for what is none of its classes
 * @example labelsOf(['cat', 1], { count: 2, classes: ['cat', 'dog'] }, place) // { values: [0, 1], count: 2 }
 */
export function labelsOf(given: unknown, spec: LabelSpec | undefined, place: LabelPlace): Labels {
  const { where, name } = place;
  if (!spec) throw new VaeError('unsupported', `${where}: ${name} takes no labels; leave it out.`);
  if (isLabel(given)) return { values: [classOf(given, spec, place)], count: undefined };
  if (isList(given)) {
    return { values: given.map((label) => classOf(label, spec, place)), count: given.length };
  }
  if (ArrayBuffer.isView(given) && !(given instanceof DataView)) {
    const list: unknown[] = Array.from(given as NumberArray);
    return labelsOf(list, spec, place);
  }
  if (typeof given !== 'object' || given === null) throw otherLabel(given, spec, place);
  return vectorsOf(toFloatTensor(given as ArrayInput, where), place);
}

const isLabel = (value: unknown): value is Label => ['number', 'string', 'bigint'].includes(typeof value);

/** Arrays of arrays are vectors. */
const isList = (value: unknown): value is readonly unknown[] =>
  Array.isArray(value) && !value.some((item) => Array.isArray(item) || ArrayBuffer.isView(item));

function vectorsOf({ data, shape }: Tensor, { where }: LabelPlace): Labels {
  const [rows, width] = shape.length === 1 ? [1, shape[0]!] : shape;
  if (shape.length > 2 || width === undefined) {
    throw new VaeError(
      'bad-option',
      `${where}: condition vectors of shape ${show(shape)}, expected [N, K], or [K] for all items.`,
    );
  }
  return { values: data, width, count: rows === 1 ? undefined : rows };
}

/** The number of a class, by that number or by its name. */
function classOf(label: unknown, spec: LabelSpec, place: LabelPlace): number {
  const { count, classes } = spec;
  if (count === undefined) {
    throw new VaeError(
      'bad-option',
      `${place.where}: what classes ${place.name} has is not known, so ${shown(label)} is none of them; pass its ` +
        'condition as numbers, one row of them for all items or one for each, such as [[0.5]].',
    );
  }
  const index = typeof label === 'string' ? (classes?.indexOf(label) ?? -1) : Number(label);
  const fits = isLabel(label) && Number.isInteger(index) && index >= 0 && index < count;
  if (fits) return index;
  throw otherLabel(label, spec, place);
}

function otherLabel(label: unknown, spec: LabelSpec, { where, name }: LabelPlace): VaeError {
  const close = typeof label === 'string' ? nearest(label, spec.classes ?? []) : undefined;
  const hint = close === undefined ? '' : ` Did you mean '${close}'?`;
  return new VaeError(
    'bad-option',
    `${where}: ${shown(label)} is no class of ${name}, expected ${classesText(spec)}.${hint}`,
  );
}

/** Most classes that an error names. */
const namedAtMost = 12;

/** What may be passed as a label, in words. */
export function classesText({ count, classes = [] }: LabelSpec): string {
  if (count === undefined) return 'a row of numbers';
  const numbers = count === 1 ? 'the number 0' : `a whole number from 0 to ${count - 1}`;
  if (classes.length === 0) return numbers;
  const names = classes.slice(0, namedAtMost).map((name) => `'${name}'`);
  const more = classes.length > names.length ? ', …' : '';
  return `${numbers}, or a name (${names.join(', ')}${more})`;
}

/**
 * How labels are divided: all belong to one 'batch'; they go on over a 'stream' of batches, in the order of its items; or
 * a 'single' one is needed for data, because a list has one for each frame that is made of those.
 */
export type Division = 'batch' | 'stream' | 'single';

/**
 * The labels of the next items.
 *
 * @param place where they are in the whole
 * @throws VaeError "bad-option" where there are too few, or in a batch too many
 */
export function labelsFor(
  labels: Labels,
  items: { readonly first: number; readonly count: number },
  division: Division,
  { where }: LabelPlace,
): Labels {
  const { count } = labels;
  if (count === undefined) return labels;
  if (division === 'single') {
    throw new VaeError(
      'bad-option',
      `${where}: a list has one for each result; pass those of the data that are encoded as fromLabel.`,
    );
  }
  const end = items.first + items.count;
  if (division === 'batch' ? end !== count : end > count) throw otherCount(count, end, where);
  return someOf(labels, items.first, end);
}

/** @throws VaeError "bad-option" where a stream ended before its labels did */
export function assertUsedUp({ count }: Labels, items: number, { where }: LabelPlace): void {
  if (count !== undefined && count !== items) throw otherCount(count, items, where);
}

function otherCount(came: number, items: number, where: string): VaeError {
  return new VaeError(
    'bad-option',
    `${where}: ${came} labels came for ${items} items; pass one for all, or one for each.`,
  );
}

/** Labels `from` to `to` (exclusive); one for all items stays that. */
export function someOf(labels: Labels, from: number, to: number): Labels {
  const { values, width, count } = labels;
  if (count === undefined) return labels;
  const size = width ?? 1;
  return { values: Array.prototype.slice.call(values, from * size, to * size), width, count: to - from };
}

/** Each label so many times, one item's after those of the other. */
export function repeated(labels: Labels, times: number): Labels {
  const { values, width, count } = labels;
  if (count === undefined) return labels;
  const size = width ?? 1;
  const all = Array.from({ length: count * times * size }, (_, i) => {
    const row = Math.floor(i / (times * size));
    return values[row * size + (i % size)]!;
  });
  return { values: all, width, count: count * times };
}
