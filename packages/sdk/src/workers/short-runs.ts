import type { Session } from '../runtime/types.js';
import { elementsOf, Pace } from './pace.js';

/** The most that a run in the calling thread may take, and delay its timers: one of 5 ms then still keeps firing. */
const boundMs = 4;
/** The most that a first run in the calling thread may take: a few such delays, against workers for ever after. */
const trialMs = 2 * boundMs;
/** How many times as fast workers have to be; who else uses the processors disturbs them more than this thread. */
const clearly = 1.5;
/** Short runs after which the calling thread gets a session of its own; one who makes a few does not need it. */
const patience = 8;

type Run = Session['run'];

/**
 * A pooled session whose short runs are made in the calling thread, while nothing else of it is under way: the message
 * to a worker and the threads that have to wake up may take longer than such a run. Long ones stay in the workers, and
 * so do runs that overlap, which the workers make side by side. Both sides are measured, each size by itself.
 */
export class ShortRuns implements Session {
  readonly inputs: Session['inputs'];
  readonly outputs: Session['outputs'];
  readonly lanes: number;
  readonly run: Run;
  readonly #pooled: Session;
  readonly #inWorkers: Pace;
  readonly #open: () => Promise<Session>;
  /** How long the caller waits for runs, in this thread and in workers. */
  readonly #here = new Pace();
  readonly #there = new Pace();
  readonly #underWay = new Set<Promise<unknown>>();
  #seen = 0;
  #opening: Promise<void> | undefined;
  #own: Session | undefined;
  #released: Promise<void> | undefined;

  /**
   * @param inWorkers how long the pooled session's runs take inside a worker
   * @param open makes the session of the calling thread; it is asked once, after some short runs, and may fail
   */
  constructor(pooled: Session, inWorkers: Pace, open: () => Promise<Session>) {
    this.inputs = pooled.inputs;
    this.outputs = pooled.outputs;
    this.lanes = pooled.lanes;
    this.run = this.#watched(pooled.run, this.#there);
    this.#pooled = pooled;
    this.#inWorkers = inWorkers;
    this.#open = open;
  }

  get lost(): boolean {
    return this.#pooled.lost;
  }

  sessionFor(elements: number): Session {
    if (this.#underWay.size > 0 || this.#released || !this.#isShort(elements)) return this;
    if (++this.#seen === patience) this.#opening = this.#get();
    return this.#own ?? this;
  }

  release(): Promise<void> {
    this.#released ??= this.#free();
    return this.#released;
  }

  async #free(): Promise<void> {
    const freed = this.#pooled.release();
    await Promise.allSettled([...this.#underWay, this.#opening]);
    await Promise.all([freed, this.#own?.release()]);
  }

  async #get(): Promise<void> {
    // Workers do as well where it cannot be made.
    const session = await this.#open().catch(() => undefined);
    if (!session) return;
    const run = this.#watched(session.run, this.#here);
    // Who chose it before a release would use what is no more.
    this.#own = {
      ...session,
      run: (...given) => (this.#released ? this.#pooled.run(...given) : run(...given)),
    };
  }

  #isShort(elements: number): boolean {
    // A batch is divided between the lanes; few items are not.
    const least = elements / this.lanes;
    const part = this.#inWorkers.of(least, elements);
    const waited = this.#there.of(least, elements);
    if (part === undefined || waited === undefined) return false;
    const whole = this.#here.of(elements);
    // At worst the whole takes as long as all parts one after another; how much less only a trial tells.
    if (whole === undefined) return part * this.lanes < trialMs;
    if (whole <= Math.min(boundMs, clearly * waited)) return true;
    this.#here.pass(elements);
    return false;
  }

  /** Notes that a run is under way, and how long the caller waits for it. */
  #watched(run: Run, pace: Pace): Run {
    return (feeds, ...rest) => {
      const elements = elementsOf(feeds);
      const started = performance.now();
      const running = run(feeds, ...rest);
      this.#underWay.add(running);
      const ended = () => void this.#underWay.delete(running);
      running.then(() => {
        pace.add(elements, performance.now() - started);
        ended();
      }, ended);
      return running;
    };
  }
}
