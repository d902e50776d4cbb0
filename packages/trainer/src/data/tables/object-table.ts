import { TrainerError } from '../../errors.js';
import { counted } from '../../text/counted.js';
import type { OpenOptions } from '../dataset.js';
import { names, text } from '../spec.js';
import { ColumnChoice, type ColumnOptions } from './columns.js';
import { KeptRows } from './kept-rows.js';
import { LabelCollector } from './labels.js';
import { listed, shortened } from './listed.js';
import { columnsFor, requireColumns } from './model-columns.js';
import { RowStore } from './row-store.js';
import type { Table } from './table.js';
import { textAdvice } from './text-advice.js';

/** Options of files whose records have named fields. */
export const fieldOptions = { label: text, columns: names, drop: names };

interface Choices extends ColumnOptions {
  readonly bad?: 'skip' | 'refuse';
}

/** What the first record shows about all of them. */
interface Form {
  readonly choice: ColumnChoice;
  /** Numbers in each chosen field: undefined for a plain number, else the length of its list. */
  readonly lengths: readonly (number | undefined)[];
  readonly columns: readonly string[];
  /** Records may have fields beside those that are read. */
  readonly some: boolean;
  readonly rows: RowStore;
  readonly missing: Float64Array;
}

/** Collects records with named fields, numbers or lists of always the same length, into a table. */
export class ObjectTable {
  private form: Form | undefined;
  private readonly labels: LabelCollector | undefined;
  private readonly kept: KeptRows;
  private numbered = false;

  constructor(
    private readonly file: string,
    private readonly chosen: Choices,
    private readonly options: Pick<OpenOptions, 'model' | 'lenient' | 'onNote'>,
  ) {
    this.kept = new KeptRows(file, 'records');
    this.labels = chosen.label === undefined ? undefined : new LabelCollector(file);
  }

  /** A record that is nothing but a list, whose numbers have no names. */
  addList(value: readonly unknown[], where: string): Promise<void> {
    this.numbered ||= this.form === undefined;
    return this.add({ value }, where);
  }

  /**
   * @param where the record, for errors
   * @throws TrainerError "bad-data" for a field that is missing, unknown or no number, and for a list of another length
   */
  async add(record: Readonly<Record<string, unknown>>, where: string): Promise<void> {
    this.form ??= this.formOf(record, where);
    this.requireKnown(record, where, this.form);
    const values = this.valuesOf(record, where, this.form);
    if (!values) return;
    this.labels?.add(labelOf(record[this.chosen.label!]), where);
    await this.form.rows.append(values);
    this.kept.keep();
  }

  private requireKnown(
    record: Readonly<Record<string, unknown>>,
    where: string,
    { choice, some }: Form,
  ): void {
    const fields = Object.keys(record);
    if (some || fields.length <= choice.count) return;
    throw new TrainerError(
      'bad-data',
      `${this.file}: ${where} has the fields ${listed(fields)}, more than the ${choice.count} of the first. Choose some with columns=A,B.`,
    );
  }

  /** The numbers of a record; undefined for one that is left out. */
  private valuesOf(
    record: Readonly<Record<string, unknown>>,
    where: string,
    { choice, lengths, columns, missing }: Form,
  ): Float64Array | undefined {
    const values = new Float64Array(columns.length);
    let at = 0;
    let bad: string | undefined;
    for (const [i, name] of choice.names.entries()) {
      const value = fieldOf(record, name);
      const what = `field "${shortened(name)}" of ${where} is`;
      const numbers = lengths[i] === undefined ? [value] : this.listIn(record, value, lengths[i], what);
      if (!numbers) return undefined;
      for (const number of numbers) {
        const found = numberOf(number);
        if (found === undefined) throw this.fault(record, `${what} ${show(number)}`, 'a number');
        if (!Number.isFinite(Math.fround(found))) {
          missing[at]++;
          bad ??= `${shortened(columns[at])} of ${where} is ${show(number)}`;
        }
        values[at++] = found;
      }
    }
    if (bad === undefined) return values;
    this.leaveOut(bad);
    return undefined;
  }

  /** A list of that length; undefined where the record is left out for one of another. */
  private listIn(
    record: Readonly<Record<string, unknown>>,
    value: unknown,
    length: number,
    what: string,
  ): Iterable<unknown> | undefined {
    if (!isList(value))
      throw this.fault(record, `${what} ${show(value)}`, `a list of ${counted(length, 'number')}`);
    if (value.length === length) return value;
    this.leaveOut(`${what} a list of ${value.length}`, `a list of ${counted(length, 'number')}`);
    return undefined;
  }

  private formOf(record: Readonly<Record<string, unknown>>, where: string): Form {
    const header = Object.keys(record);
    if (header.length === 0) throw new TrainerError('bad-data', `${this.file}: ${where} has no fields.`);
    const { model } = this.options;
    const wanted = this.numbered ? this.chosen : columnsFor(this.file, header, this.chosen, this.options);
    const choice = new ColumnChoice(this.file, header, wanted);
    const lengths = choice.names.map((name) => {
      const value = record[name];
      return isList(value) ? value.length : undefined;
    });
    const columns = choice.names.flatMap((name, i) =>
      lengths[i] === undefined ? [name] : Array.from({ length: lengths[i] }, (_, n) => `${name}[${n}]`),
    );
    if (columns.length === 0) throw new TrainerError('bad-data', `${this.file}: ${where} holds no numbers.`);
    if (model?.columns && wanted !== this.chosen) requireColumns(this.file, columns, model.columns);
    const some = wanted.columns !== undefined;
    const missing = new Float64Array(columns.length);
    return { choice, lengths, columns, some, missing, rows: new RowStore(columns.length) };
  }

  /** A text is a mistake in the file or the choice of fields: all fields with one are named at once. */
  private fault(record: Readonly<Record<string, unknown>>, what: string, expected: string): TrainerError {
    const { choice, lengths } = this.form!;
    const wrong = choice.names.filter((name, i) => !isOfForm(fieldOf(record, name), lengths[i]));
    const others = wrong.length > 1 ? `; ${wrong.length} fields hold something else, ${listed(wrong)}` : '';
    const needed = this.options.model?.columns !== undefined && !this.chosen.columns;
    const advice = this.numbered ? 'Every line must be such a list.' : textAdvice('field', wrong, needed);
    return new TrainerError('bad-data', `${this.file}: ${what}, expected ${expected}${others}. ${advice}`);
  }

  private leaveOut(what: string, expected = 'a finite number'): void {
    const policy = this.chosen.bad ?? (this.options.lenient ? 'skip' : 'refuse');
    if (policy !== 'skip') {
      throw new TrainerError(
        'bad-data',
        `${this.file}: ${what}, expected ${expected}. Leave such records out with bad=skip.`,
      );
    }
    this.kept.leaveOut(what);
  }

  async finish(onNote?: (note: string) => void): Promise<Table> {
    if (!this.form) throw new TrainerError('bad-data', `${this.file}: there are no items in it.`);
    const { rows, columns, missing } = this.form;
    await rows.finish();
    this.kept.finish(onNote);
    return {
      file: this.file,
      size: rows.size,
      itemShape: [columns.length],
      columns,
      numbered: this.numbered,
      missing,
      leftOut: this.kept.leftOut,
      place: (index) => this.kept.placeOf(index),
      where: (index) => `record ${this.kept.placeOf(index) + 1}`,
      ...(this.labels && { labels: this.labels.finish() }),
      read: (indices, out) => rows.read(indices, out),
      close: () => rows.close(),
    };
  }

  async close(): Promise<void> {
    await this.form?.rows.close();
  }
}

/** What stands in a record itself, not what all objects have. */
const fieldOf = (record: Readonly<Record<string, unknown>>, name: string): unknown =>
  Object.hasOwn(record, name) ? record[name] : undefined;

const isList = (value: unknown): value is readonly unknown[] =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));

/** Whether a field is a number, or a list of numbers where it is to be one. */
const isOfForm = (value: unknown, length: number | undefined): boolean =>
  length === undefined
    ? numberOf(value) !== undefined
    : isList(value) && Array.from(value).every((number) => numberOf(number) !== undefined);

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
