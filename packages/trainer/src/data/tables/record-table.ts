import { TrainerError } from '../../errors.js';
import type { ColumnChoice } from './columns.js';
import { LabelCollector } from './labels.js';
import { shortened } from './listed.js';
import { RowStore } from './row-store.js';
import type { Table } from './table.js';

/** What spreadsheets and databases write where there is no number. */
const NOTHING = new Set(['', 'na', 'n/a', 'nan', 'null', 'none', '?']);

const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;

/** Collects the records of a text file into a table, checking each field. */
export class RecordTable {
  private readonly rows: RowStore;
  private readonly labels: LabelCollector | undefined;
  private readonly values: Float64Array;
  private skipped = 0;
  private firstSkipped = '';

  constructor(
    private readonly file: string,
    private readonly columns: ColumnChoice,
    private readonly skipBad: boolean,
  ) {
    this.rows = new RowStore(columns.places.length);
    this.labels = columns.label === undefined ? undefined : new LabelCollector(file);
    this.values = new Float64Array(columns.places.length);
  }

  /**
   * @param where the record, for errors
   * @throws TrainerError "bad-data" for a record with another number of fields or without a number (passed over where that was
   *   asked for), and for a field that is a text
   */
  async add(record: readonly string[], where: string): Promise<void> {
    const { places, names, count, label } = this.columns;
    if (record.length !== count) {
      this.leaveOut(`${where} has ${record.length} fields, the header ${count}`, '');
      return;
    }
    for (const [i, place] of places.entries()) {
      const field = record[place]!.trim();
      const value = NUMBER.test(field) ? Number(field) : Number.NaN;
      const finite = Number.isFinite(Math.fround(value));
      if (!finite) {
        this.refuse(`column "${shortened(names[i]!)}" of ${where} is "${field.slice(0, 40)}"`, field);
        return;
      }
      this.values[i] = value;
    }
    this.labels?.add(record[label!]!.trim(), where);
    await this.rows.append(this.values);
  }

  /** A text is a mistake in the file or the choice of columns; a number that is missing or infinite may be left out. */
  private refuse(what: string, field: string): void {
    const missing = NOTHING.has(field.toLowerCase()) || NUMBER.test(field) || /^[-+]?inf/i.test(field);
    if (missing) {
      this.leaveOut(what, ', expected a finite number');
      return;
    }
    const advice = 'Leave the column out with drop=NAME, or make it the label with label=NAME.';
    throw new TrainerError('bad-data', `${this.file}: ${what}, expected a finite number. ${advice}`);
  }

  private leaveOut(what: string, expected: string): void {
    if (!this.skipBad) {
      const advice = 'Leave such rows out with bad=skip.';
      throw new TrainerError('bad-data', `${this.file}: ${what}${expected}. ${advice}`);
    }
    if (this.skipped++ === 0) this.firstSkipped = what;
  }

  async finish(onNote?: (note: string) => void): Promise<Table> {
    await this.rows.finish();
    if (this.skipped > 0) {
      const all = this.rows.size + this.skipped;
      if (this.rows.size === 0)
        throw new TrainerError(
          'bad-data',
          `${this.file}: all ${all} rows would be left out; the first: ${this.firstSkipped}.`,
        );
      onNote?.(`${this.file}: ${this.skipped} of ${all} rows are left out; the first: ${this.firstSkipped}.`);
    }
    return {
      file: this.file,
      size: this.rows.size,
      itemShape: [this.columns.places.length],
      columns: this.columns.names,
      where: (index) => `row ${index + 1}`,
      ...(this.labels && { labels: this.labels.finish() }),
      read: (indices, out) => this.rows.read(indices, out),
      close: () => this.rows.close(),
    };
  }

  close(): Promise<void> {
    return this.rows.close();
  }
}
