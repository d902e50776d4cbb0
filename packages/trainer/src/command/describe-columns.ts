import type { Dataset } from '../data/dataset.js';
import { round } from '../data/tables/advise.js';
import { shortened } from '../data/tables/listed.js';
import { counted } from '../text/counted.js';

/** One number of an item, over the training items and in its own unit. */
export interface ColumnSummary {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Standard deviation of the items themselves. */
  readonly std: number;
  /** Items that were left out because it is missing, not finite or out of range. */
  readonly missing: number;
  readonly constant: boolean;
}

/** Lines that are shown; more columns are counted. */
const SHOWN = 20;

/** Every column of a data set that was measured; undefined for others. */
export function columnsOf({ statistics, columns }: Dataset): ColumnSummary[] | undefined {
  if (!statistics) return undefined;
  const { min, max, mean, std, missing } = statistics;
  return Array.from(min, (low, d) => ({
    name: columns?.[d] ?? String(d),
    min: low,
    max: max[d],
    mean: mean[d],
    std: std[d],
    missing: missing[d],
    constant: low === max[d],
  }));
}

/**
 * A table of the first 20 columns, and how many more there are.
 *
 * @example describeColumns(columnsOf(dataset)!) // ['column  min  max  mean  deviation', 'age     18   81    40.2  11.7', …]
 */
export function describeColumns(columns: readonly ColumnSummary[]): string[] {
  const head = ['column', 'min', 'max', 'mean', 'deviation', ''];
  const rows = columns
    .slice(0, SHOWN)
    .map(({ name, min, max, mean, std, missing, constant }) => [
      shortened(name),
      ...[min, max, mean, std].map((value) => String(round(value))),
      [constant ? 'constant' : '', missing > 0 ? `${missing} missing` : ''].filter(Boolean).join(', '),
    ]);
  const width = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (i === 0 || i === 5 ? cell.padEnd(width[i]) : cell.padStart(width[i])))
      .join('  ')
      .trimEnd();
  const more = columns.length - SHOWN;
  return [head, ...rows].map(line).concat(more > 0 ? [`… and ${counted(more, 'more column')}`] : []);
}
