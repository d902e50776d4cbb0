import { VaeError } from '../errors.js';
import { isStream, mapStream, owned, type Stream } from '../stream.js';
import type { Stoppable } from './vae-options.js';
import type { BatchLabels, LabelOptions, VerbLabels } from './verb-labels.js';
import { optionsFor, type Verb } from './verb-options.js';

/** What a verb does with one input and its options, checked. */
type Work<X, R, O> = (item: X, given: O, labels: BatchLabels) => Promise<R>;

/** The calls of a model that are under way: none begins after the end, and the end waits for those that did. */
export class Calls {
  /** How many inputs of a stream are under way at once. */
  readonly ahead: number;
  readonly #name: string;
  readonly #labels: VerbLabels;
  readonly #running = new Set<Promise<unknown>>();
  #ended: Promise<void> | undefined;

  constructor(name: string, labels: VerbLabels, ahead: number) {
    this.#name = name;
    this.#labels = labels;
    this.ahead = ahead;
  }

  /** Runs a task unless disposed, and lets the end wait for it. */
  use<T>(task: () => Promise<T>): Promise<T> {
    if (this.#ended) {
      return Promise.reject(new VaeError('disposed', `${this.#name}: used after dispose; load it again.`));
    }
    const running = task();
    this.#running.add(running);
    const ended = () => void this.#running.delete(running);
    running.then(ended, ended);
    return running;
  }

  /** One result for one input, or a stream of results for a stream of inputs; with the labels that the options say. */
  each<X, R, O extends Stoppable & LabelOptions>(
    verb: Verb,
    x: X | Stream<X>,
    options: O | undefined,
    work: Work<X, R, O>,
  ): Promise<R> | AsyncGenerator<R> {
    if (isStream<X>(x)) return this.#over(verb, x, options, work);
    const labels = this.#labels.of(verb, options, 'batch');
    return this.use(async () => work(x, optionsFor(verb, options), labels.ofBatch()));
  }

  /** A stream of results for a stream of inputs; the end does not wait for a source that waits. */
  async *#over<X, R, O extends Stoppable & LabelOptions>(
    verb: Verb,
    inputs: Stream<X>,
    options: O | undefined,
    work: Work<X, R, O>,
  ): AsyncGenerator<R> {
    const given = optionsFor(verb, options);
    const labels = this.#labels.of(verb, given, 'stream');
    const run = (item: X) => this.use(async () => work(owned(item), given, labels.ofBatch()));
    yield* mapStream(inputs, this.ahead, run, given, verb);
    await labels.atEnd();
  }

  /** Waits for what is running, then frees what it used. May be called again. */
  end(release: () => Promise<void>): Promise<void> {
    this.#ended ??= Promise.allSettled([...this.#running]).then(release);
    return this.#ended;
  }
}
