import { TrainerError } from '../../errors.js';
import { names, text } from '../spec.js';
import { ColumnChoice } from './columns.js';
import { LabelCollector } from './labels.js';
import { listed, shortened } from './listed.js';
import { RowStore } from './row-store.js';
import type { Table } from './table.js';

/** Options of files whose records have named fields. */
export const fieldOptions = { label: text, columns: names, drop: names };

interface Choices {
  readonly label?: string;
  readonly columns?: readonly string[];
  readonly drop?: readonly string[];
  readonly bad?: 'skip' | 'refuse';
}

/** What the first record shows about all of them. */
interface Form {
  readonly choice: ColumnChoice;
  /** Numbers in each chosen field: undefined for a plain number, else the length of its list. */
  readonly lengths: readonly (number | undefined)[];
  readonly columns: readonly string[];
  readonly rows: RowStore;
}

/** Collects records with named fields, numbers or lists of always the same length, into a table. */
export class ObjectTable {
  private form: Form | undefined;
  private readonly labels: LabelCollector | undefined;
  private skipped = 0;
  private firstSkipped = '';

  constructor(
    private readonly file: string,
    private readonly chosen: Choices,
  ) {
    this.labels = chosen.label === undefined ? undefined : new LabelCollector(file);
  }

  /**
   * @param where the record, for errors
   * @throws TrainerError "bad-data" for a field that is missing, unknown or no number, and for a list of another length
   */
  async add(record: Readonly<Record<string, unknown>>, where: string): Promise<void> {
    this.form ??= this.formOf(record, where);
    const { choice, lengths, rows, columns } = this.form;
    if (!this.chosen.columns && Object.keys(record).length > choice.count) {
      const extra = listed(Object.keys(record));
      throw new TrainerError(
        'bad-data',
        `${this.file}: ${where} has the fields ${extra}, more than the ${choice.count} of the first. Choose some with columns=A,B.`,
      );
    }
    const values = new Float64Array(columns.length);
    let at = 0;
    for (const [i, name] of choice.names.entries()) {
      const length = lengths[i];
      const value = Object.hasOwn(record, name) ? record[name] : undefined;
      const numbers = length === undefined ? [value] : value;
      if (length !== undefined && (!isList(numbers) || numbers.length !== length)) {
        const what = `field "${shortened(name)}" of ${where} is`;
        if (!isList(numbers)) throw this.fault(`${what} ${show(value)}`, `a list of ${length} numbers`);
        this.missing(`${what} a list of ${numbers.length}`, `a list of ${length} numbers`);
        return;
      }
      for (const number of numbers as ArrayLike<unknown> & Iterable<unknown>) {
        const found = numberOf(number);
        if (found === undefined) {
          throw this.fault(`field "${shortened(name)}" of ${where} is ${show(number)}`, 'a number');
        }
        if (!Number.isFinite(Math.fround(found))) {
          this.missing(`${shortened(columns[at]!)} of ${where} is ${show(number)}`);
          return;
        }
        values[at++] = found;
      }
    }
    this.labels?.add(labelOf(record[this.chosen.label!]), where);
    await rows.append(values);
  }

  private formOf(record: Readonly<Record<string, unknown>>, where: string): Form {
    const header = Object.keys(record);
    if (header.length === 0) throw new TrainerError('bad-data', `${this.file}: ${where} has no fields.`);
    const choice = new ColumnChoice(this.file, header, this.chosen);
    const lengths = choice.names.map((name) => {
      const value = record[name];
      return isList(value) ? value.length : undefined;
    });
    const columns = choice.names.flatMap((name, i) =>
      lengths[i] === undefined ? [name] : Array.from({ length: lengths[i]! }, (_, n) => `${name}[${n}]`),
    );
    if (columns.length === 0) throw new TrainerError('bad-data', `${this.file}: ${where} holds no numbers.`);
    return { choice, lengths, columns, rows: new RowStore(columns.length) };
  }

  private fault(what: string, expected: string): TrainerError {
    const advice = 'Leave the field out with drop=NAME, or make it the label with label=NAME.';
    return new TrainerError('bad-data', `${this.file}: ${what}, expected ${expected}. ${advice}`);
  }

  private missing(what: string, expected = 'a finite number'): void {
    if (this.chosen.bad !== 'skip') {
      throw new TrainerError(
        'bad-data',
        `${this.file}: ${what}, expected ${expected}. Leave such records out with bad=skip.`,
      );
    }
    if (this.skipped++ === 0) this.firstSkipped = what;
  }

  async finish(onNote?: (note: string) => void): Promise<Table> {
    if (!this.form) throw new TrainerError('bad-data', `${this.file}: there are no items in it.`);
    const { rows, columns } = this.form;
    await rows.finish();
    if (this.skipped > 0) {
      const all = rows.size + this.skipped;
      if (rows.size === 0)
        throw new TrainerError(
          'bad-data',
          `${this.file}: all ${all} records would be left out; the first: ${this.firstSkipped}.`,
        );
      onNote?.(
        `${this.file}: ${this.skipped} of ${all} records are left out; the first: ${this.firstSkipped}.`,
      );
    }
    return {
      file: this.file,
      size: rows.size,
      itemShape: [columns.length],
      columns,
      where: (index) => `record ${index + 1}`,
      ...(this.labels && { labels: this.labels.finish() }),
      read: (indices, out) => rows.read(indices, out),
      close: () => rows.close(),
    };
  }

  async close(): Promise<void> {
    await this.form?.rows.close();
  }
}

const isList = (value: unknown): value is readonly unknown[] =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));

/** NaN for what stands where a number is missing, undefined for what is none. */
function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint' || typeof value === 'boolean') return Number(value);
  return value === null || value === undefined ? Number.NaN : undefined;
}

/** A label as text; an empty one where there is none. */
const labelOf = (value: unknown): string =>
  ['string', 'number', 'bigint', 'boolean'].includes(typeof value) ? String(value) : '';

function show(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (isList(value)) return 'a list';
  return typeof value === 'string'
    ? JSON.stringify(value.slice(0, 40))
    : value === null
      ? 'null'
      : 'no number';
}
