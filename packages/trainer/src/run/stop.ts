import { performance } from 'node:perf_hooks';
import type { Split } from '../data/dataset.js';

/** Milliseconds that a wait has left, at least, once the run is to end. */
const GRACE = { signal: 2000, time: 10_000 };
/** What it has left is so many times the longest wait before, where that is more. */
const PATIENCE = 4;
/** What a timer can wait at most. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Thrown where a data set does not answer although the run is to end. */
export class NoData extends Error {}

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as { then?: unknown } | null | undefined)?.then === 'function';

/** What ends a run from outside: its signal, and its time limit. */
export class Stop {
  private deadline = Number.POSITIVE_INFINITY;
  /** Milliseconds of the longest wait that came to its end. */
  private longest = 0;

  constructor(private readonly signal: AbortSignal | undefined) {}

  /** @param seconds from now */
  limit(seconds = Number.POSITIVE_INFINITY): void {
    this.deadline = performance.now() + 1000 * seconds;
  }

  /** Why the run is to end, if it is. */
  get reason(): 'signal' | 'time' | undefined {
    if (this.signal?.aborted) return 'signal';
    return performance.now() >= this.deadline ? 'time' : undefined;
  }

  /**
   * Waits for what a caller's function returned, if it is a promise, which may never settle. It has two seconds more
   * after the signal and ten after the time limit, or four times as long as any before it took.
   *
   * @returns whether it is there
   */
  async waitFor(answer: unknown): Promise<boolean> {
    if (!isPromise(answer)) return true;
    const promise = Promise.resolve(answer);
    if (!(await this.settles(promise))) return false;
    await promise;
    return true;
  }

  /** A part of the data of which nothing is waited for for ever: `read` throws NoData. */
  guard(split: Split): Split {
    const within = async (answer: void | Promise<void>) => {
      if (!(await this.waitFor(answer))) throw new NoData();
    };
    return {
      size: split.size,
      read: (...given) => within(split.read(...given)),
      label: split.label && ((index) => split.label!(index)),
    };
  }

  private settles(promise: Promise<unknown>): Promise<boolean> {
    const begun = performance.now();
    const grace = (why: keyof typeof GRACE) => Math.max(GRACE[why], PATIENCE * this.longest);
    let end = Math.max(begun, this.deadline) + grace('time');
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const finish = (settled: boolean) => {
        clearTimeout(timer);
        this.signal?.removeEventListener('abort', look);
        if (settled) this.longest = Math.max(this.longest, performance.now() - begun);
        resolve(settled);
      };
      const look = () => {
        clearTimeout(timer);
        const now = performance.now();
        if (this.signal?.aborted) end = Math.min(end, now + grace('signal'));
        if (now >= end) finish(false);
        else if (end < Number.POSITIVE_INFINITY) timer = setTimeout(look, Math.min(end - now, LONGEST_TIMER));
      };
      promise.then(
        () => finish(true),
        () => finish(true),
      );
      this.signal?.addEventListener('abort', look);
      look();
    });
  }
}
