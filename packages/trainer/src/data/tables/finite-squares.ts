import { TrainerError } from '../../errors.js';
import type { Dataset } from '../dataset.js';
import { round } from './advise.js';
import { shortened } from './listed.js';

/** The squares of larger numbers, and sums of such squares, are soon beyond float32 (3.4e38). */
const LARGEST_SQUARED = 1e18;

/**
 * Refuses columns of numbers so large that no loss can be computed of them.
 *
 * @throws TrainerError "bad-data" naming the first such column
 * @example requireFiniteSquares(dataset)
 */
export function requireFiniteSquares({
  name,
  columns,
  statistics,
  normalization,
}: Pick<Dataset, 'name' | 'columns' | 'statistics' | 'normalization'>): void {
  if (!statistics || normalization) return;
  const { min, max } = statistics;
  const at = Array.from(max).findIndex((high, d) => Math.max(high, -min[d]) > LARGEST_SQUARED);
  if (at < 0) return;
  const column = columns ? `column "${shortened(columns[at])}"` : `number ${at} of the items`;
  throw new TrainerError(
    'bad-data',
    `${name}: ${column} has values from ${round(min[at])} to ${round(max[at])}, whose squares are too large for float32. ` +
      'Scale the data with normalize=standard; if such a number stands for a missing one, make it an empty field and add bad=skip.',
  );
}
