import { VaeError } from './errors.js';
import { isStream, mapStream, owned, type Stream } from './stream.js';
import type { Stoppable } from './vae-options.js';

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

  /** One result for one input, or a stream of results for a stream of inputs. */
  each<X, R>(
    where: string,
    x: X | Stream<X>,
    options: Stoppable | undefined,
    work: (item: X) => Promise<R>,
  ): Promise<R> | AsyncGenerator<R> {
    return isStream<X>(x) ? this.over(where, x, options, work) : this.use(() => work(x));
  }

  /** A stream of results for a stream of inputs; the end does not wait for a source that waits. */
  over<X, R>(
    where: string,
    inputs: Stream<X>,
    options: Stoppable | undefined,
    work: (item: X) => Promise<R>,
  ): AsyncGenerator<R> {
    return mapStream(inputs, this.ahead, (item) => this.use(async () => work(owned(item))), options, where);
  }

  /** Waits for what is running, then frees what it used. May be called again. */
  end(release: () => Promise<void>): Promise<void> {
    this.#ended ??= Promise.allSettled([...this.#running]).then(release);
    return this.#ended;
  }
}
