import { TrainerError } from '../../errors.js';
import { counted } from '../../text/counted.js';
import { nearest } from '../../text/nearest.js';
import type { OpenOptions } from '../dataset.js';
import type { ColumnOptions } from './columns.js';
import { listed, shortened } from './listed.js';

/** The field behind the name of one of its numbers: `vector[3]` → `vector`. */
const fieldOf = (name: string): string => /^(.+)\[\d+\]$/.exec(name)?.[1] ?? name;

/**
 * The columns to read: those that the spec names, else, for a model with names, the model's in their order.
 *
 * @param header every column or field of the file
 * @throws TrainerError "bad-data" naming the columns that the model needs and the file lacks
 */
export function columnsFor<Chosen extends ColumnOptions>(
  file: string,
  header: readonly string[],
  chosen: Chosen,
  { model, onNote }: Pick<OpenOptions, 'model' | 'onNote'>,
): Chosen {
  if (!model?.columns || chosen.columns) return chosen;
  const there = new Set(header);
  const columns = [...new Set(model.columns.map((name) => (there.has(name) ? name : fieldOf(name))))];
  const missing = columns.filter((name) => !there.has(name));
  if (missing.length > 0) throw missingColumns(file, missing, header);
  const known = new Set([...columns, ...(chosen.drop ?? []), chosen.label]);
  const others = header.filter((name) => !known.has(name));
  if (others.length > 0) {
    const what = others.length === 1 ? 'the column' : 'the columns';
    onNote?.(
      `${file}: ${what} ${listed(others)} ${others.length === 1 ? 'is' : 'are'} not the model's and passed over.`,
    );
  }
  return { ...chosen, columns };
}

function missingColumns(file: string, missing: readonly string[], header: readonly string[]): TrainerError {
  const what = missing.length === 1 ? 'a column' : 'columns';
  const best = nearest(missing[0], header);
  const hint = best === undefined ? '' : ` Is "${shortened(best)}" meant? Then rename it.`;
  return new TrainerError(
    'bad-data',
    `${file}: the model needs ${what} ${listed(missing)}, not in this file.${hint} Its columns are ${listed(header)}.`,
  );
}

/**
 * Refuses lists of another length than those that the model was trained on.
 *
 * @param columns names of all numbers of an item, as they were read
 * @throws TrainerError "bad-data"
 */
export function requireColumns(file: string, columns: readonly string[], model: readonly string[]): void {
  if (columns.length === model.length && columns.every((name, i) => name === model[i])) return;
  throw new TrainerError(
    'bad-data',
    `${file} has ${counted(columns.length, 'number')} in each item, ${listed(columns)}; the model takes ${model.length}, ${listed(model)}.`,
  );
}
