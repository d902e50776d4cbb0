import { TrainerError } from '../../errors.js';
import { counted } from '../../text/counted.js';
import type { ColumnChoice } from './columns.js';
import { KeptRows } from './kept-rows.js';
import { LabelCollector } from './labels.js';
import { listed, shortened } from './listed.js';
import { RowStore } from './row-store.js';
import type { Table } from './table.js';
import { emptyAdvice, textAdvice } from './text-advice.js';
import type { UnnamedColumns } from './unnamed-columns.js';

/** What spreadsheets and databases write where there is no number. */
const NOTHING = new Set(['', 'na', 'n/a', 'nan', 'null', 'none', '?']);

const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;

const INFINITE = /^[-+]?inf(inity)?$/i;

/** Whether a field is a number where commas stand before decimals or between thousands. */
const hasCommas = (field: string): boolean => /^[-+]?\d[\d.]*(,\d+)+(\.\d+)?$/.test(field.trim());

/** Whether a field is a finite number as it stands. */
export const isNumber = (field: string): boolean => Number.isFinite(numberIn(field.trim()));

/** Whether a field is neither a number nor a sign that one is missing. */
export const isText = (field: string): boolean => numberIn(field.trim()) === undefined;

/** A number, NaN for a field where one is missing or infinite, undefined for a text. */
function numberIn(field: string): number | undefined {
  if (NUMBER.test(field)) {
    const value = Number(field);
    return Number.isFinite(Math.fround(value)) ? value : Number.NaN;
  }
  return NOTHING.has(field.toLowerCase()) || INFINITE.test(field) ? Number.NaN : undefined;
}

/** Numbers look the same in every encoding; names and classes do not, and what is no UTF-8 has become U+FFFD by now. */
export function requireUtf8(file: string, text: string, where: string): void {
  if (!text.includes('\ufffd')) return;
  throw new TrainerError('bad-data', `${file}: ${where} is not UTF-8; save the file as CSV in UTF-8.`);
}

export interface CsvTableOptions {
  /** Leave out records with missing or infinite numbers, or another number of fields. */
  readonly skipBad: boolean;
  /** The columns have no names in the file. */
  readonly numbered: boolean;
  /** They are those of a model, found by its names. */
  readonly needed?: boolean;
  readonly unnamed: UnnamedColumns;
}

/** Collects the records of a CSV file into a table, checking each field. */
export class CsvTable {
  private readonly rows: RowStore;
  private readonly labels: LabelCollector | undefined;
  private readonly values: Float64Array;
  private readonly missing: Float64Array;
  private readonly kept: KeptRows;

  constructor(
    private readonly file: string,
    private readonly columns: ColumnChoice,
    private readonly options: CsvTableOptions,
  ) {
    this.rows = new RowStore(columns.places.length);
    this.kept = new KeptRows(file, 'rows');
    this.labels = columns.label === undefined ? undefined : new LabelCollector(file);
    this.values = new Float64Array(columns.places.length);
    this.missing = new Float64Array(columns.places.length);
  }

  /**
   * @param where the record, for errors
   * @throws TrainerError "bad-data" for a record with another number of fields or without a number (passed over where that was
   *   asked for), and for a field that is a text
   */
  async add(record: readonly string[], where: string): Promise<void> {
    const { places, names, count, label } = this.columns;
    if (record.length !== count) {
      this.options.unnamed.pass();
      this.leaveOut(`${where} has ${counted(record.length, 'field')}, the header ${count}`, '');
      return;
    }
    this.options.unnamed.add(record, where);
    let bad: number | undefined;
    for (const [i, place] of places.entries()) {
      const value = numberIn(record[place].trim());
      if (value === undefined) throw this.textIn(record, where);
      if (Number.isNaN(value)) {
        this.missing[i]++;
        bad ??= i;
      }
      this.values[i] = value;
    }
    if (bad !== undefined) {
      const what = this.describe(names[bad], record[places[bad]], where);
      this.leaveOut(what, ', expected a finite number');
      return;
    }
    if (this.labels) {
      requireUtf8(this.file, record[label!], where);
      this.labels.add(record[label!].trim(), where);
    }
    await this.rows.append(this.values);
    this.kept.keep();
  }

  private describe(name: string, field: string, where: string): string {
    return `column "${shortened(name)}" of ${where} is "${field.trim().slice(0, 40)}"`;
  }

  /** A text is a mistake in the file or the choice of columns: all columns with one are named at once. */
  private textIn(record: readonly string[], where: string): TrainerError {
    const { places, names } = this.columns;
    const texts = [...places.keys()].filter((i) => numberIn(record[places[i]].trim()) === undefined);
    const first = this.describe(names[texts[0]], record[places[texts[0]]], where);
    const those = texts.map((i) => names[i]);
    const others = those.length > 1 ? `; ${those.length} columns hold text, ${listed(those)}` : '';
    const advice = texts.every((i) => hasCommas(record[places[i]]))
      ? 'Write numbers with a decimal point, and nothing between thousands.'
      : textAdvice('column', those, this.options.needed);
    return new TrainerError(
      'bad-data',
      `${this.file}: ${first}, expected a finite number${others}. ${advice}`,
    );
  }

  private leaveOut(what: string, expected: string): void {
    if (!this.options.skipBad) {
      const advice = 'Leave such rows out with bad=skip.';
      throw new TrainerError('bad-data', `${this.file}: ${what}${expected}. ${advice}`);
    }
    this.kept.leaveOut(what);
  }

  async finish(onNote?: (note: string) => void): Promise<Table> {
    await this.rows.finish();
    this.options.unnamed.finish(onNote);
    this.kept.finish(onNote, this.adviceOnEmpty());
    return {
      file: this.file,
      size: this.rows.size,
      itemShape: [this.columns.places.length],
      columns: this.columns.names,
      numbered: this.options.numbered,
      missing: this.missing,
      leftOut: this.kept.leftOut,
      place: (index) => this.kept.placeOf(index),
      where: (index) => `row ${this.kept.placeOf(index) + 1}`,
      ...(this.labels && { labels: this.labels.finish() }),
      read: (indices, out) => this.rows.read(indices, out),
      close: () => this.rows.close(),
    };
  }

  /** What to do about columns without a single number; undefined where there are none. */
  private adviceOnEmpty(): string | undefined {
    const { names } = this.columns;
    const empty = names.filter((_, i) => this.missing[i] === this.kept.leftOut);
    return empty.length === 0 ? undefined : emptyAdvice(empty);
  }

  close(): Promise<void> {
    return this.rows.close();
  }
}
