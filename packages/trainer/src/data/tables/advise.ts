import type { Dataset } from '../dataset.js';
import { optionsOf, withOptions } from '../spec-options.js';
import { shortened } from './listed.js';

/** Deviations further apart than this: one learned variance cannot suit all columns. */
const MOST_APART = 10;
/** Networks begin with weights for numbers near 1. */
const FAR_FROM_ZERO = 10;

/** Why a table should be scaled, and the spec that does it. */
export interface ScaleAdvice {
  /** Without a full stop, for a sentence to go on. */
  readonly reason: string;
  /** Numbers of an item that are left, without those that never change. */
  readonly size: number;
  /** Left out where columns that never change, and cannot be scaled, have no names to drop them by. */
  readonly spec?: string;
}

/**
 * Whether a table would be better to train on with `normalize=standard`: columns that differ in scale, by a factor above
 * 10 between their standard deviations, or that hold numbers beyond ±10.
 *
 * @param dataset as `openDataset` gives it; only vectors that are not scaled yet are looked at
 * @param spec what it was opened by
 * @returns undefined for data that are fine as they are, and where the spec says how to scale
 * @example adviseScale(await openDataset('csv:people.csv', { seed: 0 }), 'csv:people.csv')?.spec // 'csv:people.csv?normalize=standard'
 */
export function adviseScale(dataset: Dataset, spec: string): ScaleAdvice | undefined {
  const { statistics, normalization, range } = dataset;
  const isChosen = optionsOf(spec).some((option) => /^(normalize|range)(=|$)/.test(option));
  if (!statistics || normalization || range || isChosen) return undefined;
  const reason = reasonToScale(dataset);
  if (reason === undefined) return undefined;
  const constant = constantIn(dataset);
  const size = statistics.min.length - constant.length;
  const names = constant.map((d) => dataset.columns?.[d]);
  // A comma parts names; a number of a list has no column of its own.
  if (names.some((name) => name === undefined || /,|\[\d+\]$/.test(name))) return { reason, size };
  const dropped = optionsOf(spec).find((option) => option.startsWith('drop='));
  const before = dropped === undefined ? [] : [decodeURIComponent(dropped.slice('drop='.length))];
  const drop = names.length > 0 && { drop: [...before, ...names].join(',') };
  return { reason, size, spec: withOptions(spec, { ...drop, normalize: 'standard' }) };
}

/** Places of the columns with the same value in every training item. */
export function constantIn({ statistics }: Dataset): number[] {
  if (!statistics) return [];
  const { min, max } = statistics;
  return Array.from(min, (low, d) => (low === max[d] ? d : -1)).filter((d) => d >= 0);
}

function reasonToScale({ statistics, columns }: Dataset): string | undefined {
  const { min, max, std } = statistics!;
  const vary = Array.from(std, (_, d) => d).filter((d) => min[d] !== max[d]);
  if (vary.length === 0) return undefined;
  const name = (d: number) => (columns ? `"${shortened(columns[d])}"` : `number ${d}`);
  const [first] = vary;
  const least = vary.reduce((best, d) => (std[d] < std[best] ? d : best), first!);
  const most = vary.reduce((best, d) => (std[d] > std[best] ? d : best), first!);
  if (std[most] > MOST_APART * std[least]) {
    return `columns differ in scale: the deviation of ${name(least)} is ${round(std[least])}, that of ${name(most)} ${round(std[most])}`;
  }
  const size = (d: number) => Math.max(Math.abs(min[d]), Math.abs(max[d]));
  const far = vary.reduce((best, d) => (size(d) > size(best) ? d : best), first!);
  if (size(far) <= FAR_FROM_ZERO) return undefined;
  return `${name(far)} has values from ${round(min[far])} to ${round(max[far])}, far from the numbers near 0 that networks learn well`;
}

/** Four digits are enough for a person to compare by. */
export const round = (value: number): number => Number(value.toPrecision(4));
