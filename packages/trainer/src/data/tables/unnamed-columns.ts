import { TrainerError } from '../../errors.js';
import { shortened } from './listed.js';

/** How the rows are numbered, from 0 or 1; `empty` where nothing stands in any row. */
type Content = 0 | 1 | 'empty';

const ADVICE =
  'Write the file without an index (index=False in pandas), name the column, or choose others with columns=A,B.';

/**
 * The columns without a name in a CSV file, which are left out: row numbers, as pandas writes them, and columns without a value,
 * as commas at the ends of all lines make them. Any other is refused, as nobody can tell what it is.
 */
export class UnnamedColumns {
  private readonly contents = new Map<number, Content>();
  private row = 0;

  /**
   * @param places where they stand
   * @param advice what else to do about them, where the header looks like a row: then columns without a value are refused too
   */
  constructor(
    private readonly file: string,
    private readonly places: readonly number[],
    private readonly advice?: string,
  ) {}

  /**
   * Looks at the next row of the file.
   *
   * @param where the row, for errors
   * @throws TrainerError "bad-data" for a value that does not go with those above
   */
  add(record: readonly string[], where: string): void {
    for (const place of this.places) {
      const field = record[place].trim();
      const content = this.contents.get(place) ?? this.contentOf(field);
      if (content === undefined || field !== this.expected(content)) throw this.refusal(place, field, where);
      this.contents.set(place, content);
    }
    this.row++;
  }

  /** The next row of the file has another length, so that nothing can be said of its fields. */
  pass(): void {
    this.row++;
  }

  private contentOf(field: string): Content | undefined {
    const known: readonly Content[] = this.advice === undefined ? ['empty', 0, 1] : [0, 1];
    return known.find((content) => field === this.expected(content));
  }

  private expected(content: Content): string {
    return content === 'empty' ? '' : String(this.row + content);
  }

  private refusal(place: number, field: string, where: string): TrainerError {
    const what = field === '' ? '' : `, and "${shortened(field)}" in ${where}`;
    return new TrainerError(
      'bad-data',
      `${this.file}: in the header, column ${place + 1} has no name${what}. ${this.advice ?? ADVICE}`,
    );
  }

  /** Tells what was left out. */
  finish(onNote?: (note: string) => void): void {
    for (const [place, content] of this.contents) {
      const what =
        content === 'empty' ? 'neither a name nor values' : 'no name and numbers the rows, as pandas does';
      onNote?.(`${this.file}: column ${place + 1} has ${what}; it is left out.`);
    }
  }
}
