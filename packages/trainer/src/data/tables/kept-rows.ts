import { TrainerError } from '../../errors.js';

/** Which rows of a file became items, where some are left out. */
export class KeptRows {
  private seen = 0;
  private left = 0;
  private first = '';
  /** Where each item stands in the file; undefined as long as all rows are items. */
  private places: number[] | undefined;

  /**
   * @param file for errors
   * @param noun what a row is called, such as `rows`
   */
  constructor(
    private readonly file: string,
    private readonly noun: string,
  ) {}

  /** Rows that are no items. */
  get leftOut(): number {
    return this.left;
  }

  /** The next row of the file is an item. */
  keep(): void {
    this.places?.push(this.seen);
    this.seen++;
  }

  /** @param what is wrong with the next row of the file */
  leaveOut(what: string): void {
    this.places ??= Array.from({ length: this.seen }, (_, place) => place);
    if (this.left++ === 0) this.first = what;
    this.seen++;
  }

  /** Where an item stands in the file, both counted from 0. */
  placeOf(item: number): number {
    return this.places?.[item] ?? item;
  }

  /**
   * Tells how many were left out.
   *
   * @param advice a sentence for where nothing is left
   * @throws TrainerError "bad-data" where nothing is left
   */
  finish(onNote?: (note: string) => void, advice?: string): void {
    const { file, noun, left, seen, first } = this;
    if (left === 0) return;
    if (left === seen)
      throw new TrainerError(
        'bad-data',
        `${file}: all ${seen} ${noun} would be left out; the first: ${first}.${advice ? ` ${advice}` : ''}`,
      );
    onNote?.(`${file}: ${left} of ${seen} ${noun} are left out; the first: ${first}.`);
  }
}
