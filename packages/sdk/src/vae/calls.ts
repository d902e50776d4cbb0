import { VaeError } from '../errors.js';
import { isStream, mapStream, owned, type Stream } from '../stream.js';
import type { Stoppable } from './vae-options.js';
import { optionsFor, type Verb } from './verb-options.js';

/** The calls of a model that are under way: none begins after the end, and the end waits for those that did. */
export class Calls {
  /** How many inputs of a stream are under way at once. */
  readonly ahead: number;
  readonly #name: string;
  readonly #running = new Set<Promise<unknown>>();
  #ended: Promise<void> | undefined;

  constructor(name: string, ahead: number) {
    this.#name = name;
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

  /**
   * One result for one input, or a stream of results for a stream of inputs; `work` is given the options, checked.
   *
   * @param ended called when a stream has come to its end
   */
  each<X, R, O extends Stoppable>(
    verb: Verb,
    x: X | Stream<X>,
    options: O | undefined,
    work: (item: X, given: O) => Promise<R>,
    ended?: () => Promise<void>,
  ): Promise<R> | AsyncGenerator<R> {
    if (isStream<X>(x)) return this.#over(verb, x, options, work, ended);
    return this.use(async () => work(x, optionsFor(verb, options)));
  }

  /** A stream of results for a stream of inputs; the end does not wait for a source that waits. */
  async *#over<X, R, O extends Stoppable>(
    verb: Verb,
    inputs: Stream<X>,
    options: O | undefined,
    work: (item: X, given: O) => Promise<R>,
    ended?: () => Promise<void>,
  ): AsyncGenerator<R> {
    const given = optionsFor(verb, options);
    const run = (item: X) => this.use(async () => work(owned(item), given));
    yield* mapStream(inputs, this.ahead, run, given, verb);
    await ended?.();
  }

  /** Waits for what is running, then frees what it used. May be called again. */
  end(release: () => Promise<void>): Promise<void> {
    this.#ended ??= Promise.allSettled([...this.#running]).then(release);
    return this.#ended;
  }
}
