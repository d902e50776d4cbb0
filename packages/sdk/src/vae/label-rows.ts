import type { Division, LabelPlace, Labels } from '../coder/labels.js';
import type { LabelSpec } from '../model.js';
import { quiet } from '../quiet.js';
import { RowCounter } from './row-counter.js';

const code = () => import('../coder/labels.js');

/** Gives labels of so many items. */
export type NextLabels = (count: number | Promise<number>) => Promise<Labels>;

/** What a caller passed as labels, and to what. */
interface Asked {
  readonly given: unknown;
  /** What the model takes; undefined where it takes none, which is an error once labels are asked for. */
  readonly spec: LabelSpec | undefined;
  readonly place: LabelPlace;
  readonly division: Division;
}

/** The labels of one call, handed out to its batches in the order in which these come. */
export class LabelRows {
  readonly #asked: Asked;
  readonly #counter = new RowCounter(undefined);
  #labels: Promise<Labels> | undefined;

  constructor(asked: Asked) {
    this.#asked = asked;
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
  async atEnd(): Promise<void> {
    const { assertUsedUp } = await code();
    assertUsedUp(await this.#all(), await this.#counter.next(0), this.#asked.place);
  }

  async #next(first: Promise<number>, count: number | Promise<number>): Promise<Labels> {
    const labels = await this.#all();
    const { labelsFor } = await code();
    const items = { first: await first, count: await count };
    const { division, place } = this.#asked;
    return labelsFor(labels, items, division, place);
  }

  #all(): Promise<Labels> {
    const { given, spec, place } = this.#asked;
    this.#labels ??= quiet(code().then(({ labelsOf }) => labelsOf(given, spec, place)));
    return this.#labels;
  }
}
