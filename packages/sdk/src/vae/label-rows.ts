import type { Division, LabelPlace, Labels } from '../coder/labels.js';
import type { LabelSpec } from '../model.js';
import { quiet } from '../quiet.js';
import { RowCounter } from './row-counter.js';

const code = () => import('../coder/labels.js');

/** Gives labels of so many items. */
export type NextLabels = (count: number | Promise<number>) => Promise<Labels>;

/** The labels of one call, handed out to its batches in the order in which these come. */
export class LabelRows {
  readonly #spec: LabelSpec | undefined;
  readonly #given: unknown;
  readonly #place: LabelPlace;
  readonly #division: Division;
  readonly #counter = new RowCounter(undefined);
  #labels: Promise<Labels> | undefined;

  /** @param spec what the model takes; undefined where it takes none, which is an error once they are asked for */
  constructor(given: unknown, spec: LabelSpec | undefined, place: LabelPlace, division: Division) {
    this.#given = given;
    this.#spec = spec;
    this.#place = place;
    this.#division = division;
  }

  /**
   * Labels of the next items; has to be called in the order of the stream.
   *
   * @throws VaeError as `labelsOf` and `labelsFor`
   */
  readonly next: NextLabels = (count) => quiet(this.#next(this.#counter.next(count), count));

  /** Labels of one batch, which is asked for them first in the order of the stream, and then as often as it likes. */
  ofBatch(): NextLabels {
    let labels: Promise<Labels> | undefined;
    return (count) => {
      labels ??= this.next(count);
      return labels;
    };
  }

  /** @throws VaeError "bad-option" where labels are left over */
  readonly atEnd = async (): Promise<void> => {
    const { assertUsedUp } = await code();
    assertUsedUp(await this.#all(), await this.#counter.next(0), this.#place);
  };

  async #next(first: Promise<number>, count: number | Promise<number>): Promise<Labels> {
    const labels = await this.#all();
    const { labelsFor } = await code();
    const items = { first: await first, count: await count };
    return labelsFor(labels, items, this.#division, this.#place);
  }

  #all(): Promise<Labels> {
    this.#labels ??= quiet(code().then(({ labelsOf }) => labelsOf(this.#given, this.#spec, this.#place)));
    return this.#labels;
  }
}
