import type { Coder } from '../coder/coder.js';
import type { Division, Labels } from '../coder/labels.js';
import { LabelRows, type NextLabels } from './label-rows.js';
import type { From, Labelled, Stoppable } from './vae-options.js';
import type { Verb } from './verb-options.js';

/** The labels of one batch, where the caller passed any. */
export interface BatchLabels {
  readonly label: NextLabels | undefined;
  /** Of data that are encoded for another verb, which are those of `label` where nothing else is said. */
  readonly fromLabel: NextLabels | undefined;
}

/** The options that say them. */
export type LabelOptions = Labelled & Pick<From, 'fromLabel'>;

/** The labels of a call, for all its batches. */
interface CallLabels {
  ofBatch(): BatchLabels;
  /** @throws VaeError "bad-option" where labels are left over */
  atEnd(): Promise<void>;
}

/** What a caller passes to a model's verbs as labels, for the halves that take them. */
export class VerbLabels {
  readonly #coder: Coder;

  constructor(coder: Coder) {
    this.#coder = coder;
  }

  /** Both kinds of labels of a call. */
  of(verb: Verb, options: LabelOptions | undefined, division: Division): CallLabels {
    const label = this.rows(verb, 'label', options?.label, division);
    const fromLabel = this.rows(verb, 'fromLabel', options?.fromLabel, division);
    return {
      ofBatch() {
        const ofItems = label?.ofBatch();
        return { label: ofItems, fromLabel: fromLabel?.ofBatch() ?? ofItems };
      },
      async atEnd() {
        await label?.atEnd();
        await fromLabel?.atEnd();
      },
    };
  }

  /** Labels that were passed by an option, if any. */
  rows(verb: Verb, option: keyof BatchLabels, given: unknown, division: Division): LabelRows | undefined {
    if (given === undefined) return undefined;
    const { name, labels: spec } = this.#coder.spec;
    return new LabelRows({ given, spec, place: { where: `${verb} ${option}`, name }, division });
  }

  /** Labels of the data that a verb encodes for what it decodes. */
  async ofData(verb: Verb, given: From & Labelled & Stoppable): Promise<LabelRows | undefined> {
    const { from, label, fromLabel, signal } = given;
    if (fromLabel !== undefined) return this.rows(verb, 'fromLabel', fromLabel, 'stream');
    const asked = from === 'data' && (await this.#coder.takesLabels('encoder', signal));
    return asked ? this.rows(verb, 'label', label, 'single') : undefined;
  }

  /** Labels of a verb that encodes and decodes, where the decoder takes them too. */
  ofDecoder(labels: Labels | undefined): Labels | undefined {
    return this.#coder.spec.decoder?.label === undefined ? undefined : labels;
  }
}
