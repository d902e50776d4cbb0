import { quiet } from '../quiet.js';

/** Numbers the rows of a stream, so that each draws the noise that it would have got in one batch. */
export class RowCounter {
  #last: Promise<number>;

  constructor(options: { readonly first?: number } | undefined) {
    this.#last = Promise.resolve(options?.first ?? 0);
  }

  /** The number of the first of these rows; has to be called in the order of the stream. */
  next(count: number | Promise<number>): Promise<number> {
    const first = this.#last;
    this.#last = quiet(Promise.all([first, count]).then(([before, here]) => before + here));
    return first;
  }
}
