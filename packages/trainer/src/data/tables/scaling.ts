import { TrainerError } from '../../errors.js';
import { sizeOf } from '../../graph/shape.js';
import type { Normalization } from '../dataset.js';
import { ANY_FINITE } from '../first-outside.js';
import { round } from './advise.js';
import type { ItemShape } from './item-shape.js';
import { shortened } from './listed.js';
import type { Statistics } from './statistics.js';
import type { Table } from './table.js';

export type Normalize = 'minmax' | 'standard' | 'none';

interface Choices {
  readonly range?: readonly [low: number, high: number];
  readonly normalize?: Normalize;
}

/** How the values of a file become those that a model sees. */
export interface Scaling {
  /** Values that a model sees; null for any finite number. */
  readonly range: readonly [low: number, high: number] | null;
  /** Left out where values stay as they are. */
  readonly normalization?: Normalization;
}

/** Most columns that an error lists. */
const MAX_LISTED = 5;

/**
 * The values that a file may hold: bytes of images 0 to 255, other images 0 to 1, vectors any finite number, unless the option
 * `range` says otherwise.
 *
 * @throws TrainerError "bad-option" for options that do not go together
 */
export function acceptedRange(
  table: Table,
  { kind }: ItemShape,
  { range, normalize }: Choices,
): readonly [low: number, high: number] | undefined {
  if (normalize === 'minmax' || normalize === 'standard') {
    const why = range ? 'and range both say how to scale' : 'is for vectors; images take range=LOW,HIGH';
    if (range || kind === 'image')
      throw new TrainerError('bad-option', `${table.file}: normalize=${normalize} ${why}.`);
    return undefined;
  }
  return range ?? (kind === 'image' ? [0, table.bytes ? 255 : 1] : undefined);
}

/**
 * Scales a declared range to [0, 1]; else by what was measured on the training items: `minmax` to [0, 1], with what lies outside
 * in other data cut off, `standard` to mean 0 and standard deviation 1.
 *
 * @throws TrainerError "bad-data" naming the columns that have the same value in every training item, or one whose values lie
 *   further apart than float32 reaches
 */
export function scalingOf(
  table: Table,
  accepted: readonly [low: number, high: number] | undefined,
  { normalize }: Choices,
  measured: Statistics | undefined,
): Scaling {
  if (accepted) {
    const [low, high] = accepted;
    const each = (value: number) => new Array<number>(sizeOf(table.itemShape)).fill(value);
    return {
      range: [0, 1],
      ...((low !== 0 || high !== 1) && { normalization: { offset: each(low), scale: each(high - low) } }),
    };
  }
  if (!measured || (normalize !== 'minmax' && normalize !== 'standard')) return { range: null };
  const constant = constantColumns(table, measured);
  if (constant) {
    throw new TrainerError(
      'bad-data',
      `${table.file}: ${constant} in every training item, so normalize=${normalize} cannot scale that. Leave it out (drop=NAME), or use range=LOW,HIGH.`,
    );
  }
  requireFiniteSpan(table, measured);
  if (normalize === 'standard') {
    return { range: null, normalization: { offset: [...measured.mean], scale: [...measured.std] } };
  }
  const scale = Array.from(measured.max, (high, d) => high - measured.min[d]);
  return { range: [0, 1], normalization: { offset: [...measured.min], scale, clip: [0, 1] } };
}

function requireFiniteSpan(table: Table, { min, max }: Statistics): void {
  const at = max.findIndex((high, d) => high - min[d] > ANY_FINITE[1]);
  if (at < 0) return;
  throw new TrainerError(
    'bad-data',
    `${table.file}: ${nameOf(table, at)} has values from ${round(min[at])} to ${round(max[at])}, further apart than float32 reaches, so it ` +
      'cannot be scaled. Leave it out (drop=NAME), or rows with such numbers.',
  );
}

/** `column "age" is 3, column "size" is 0`; undefined where every column varies. */
export function constantColumns(table: Table, { min, max, count }: Statistics): string | undefined {
  if (count === 0) return undefined;
  const constant = Array.from(min.keys()).filter((d) => min[d] === max[d]);
  if (constant.length === 0) return undefined;
  const listed = constant.slice(0, MAX_LISTED).map((d) => `${nameOf(table, d)} is ${min[d]}`);
  const more = constant.length - listed.length;
  return more > 0 ? `${listed.join(', ')} and ${more} more are constant` : listed.join(', ');
}

/** What a number of an item is called: `column "age"`, or `value 3` counted from 0. */
export function nameOf({ columns }: Pick<Table, 'columns'>, dimension: number): string {
  const name = columns?.[dimension];
  return name === undefined ? `value ${dimension}` : `column "${shortened(name)}"`;
}
