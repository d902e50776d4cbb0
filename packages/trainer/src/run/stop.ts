import { performance } from 'node:perf_hooks';
import type { Split } from '../data/dataset.js';
import { TrainerError } from '../errors.js';
import { systemReason } from '../files/system-reason.js';

/** Milliseconds that a wait has left, at least, once the run is to end. */
const GRACE = { signal: 2000, time: 10_000 };
/** What it has left is so many times what was to be expected of it, where that is more, */
const PATIENCE = 4;
/** and at most so many milliseconds beyond that. */
const MOST_PATIENCE = 60_000;
/** What a timer can wait at most. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Thrown where data do not come: the data set fails, which is the cause, or does not answer although the run is to end. */
export class NoData extends Error {}

/** What a data set threw; the system's refusals say what they are of, which may be a file or anything else. */
function readError(error: unknown): unknown {
  const reason = systemReason(error);
  if (reason === undefined) return error;
  const said = (error as Error).message;
  return new TrainerError('bad-file', `Cannot read the data: ${reason} (${said}).`, { cause: error });
}

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as { then?: unknown } | null | undefined)?.then === 'function';

/** How long waits of one kind took that came to their end, in milliseconds. */
class Pace {
  private longest = 0;
  private longestOfItem = 0;

  add(milliseconds: number, items: number): void {
    this.longest = Math.max(this.longest, milliseconds);
    this.longestOfItem = Math.max(this.longestOfItem, milliseconds / items);
  }

  /** How long a wait may take: one for more items takes longer. */
  expected(items: number): number {
    return Math.max(this.longest, items * this.longestOfItem);
  }
}

/** What ends a run from outside: its signal, and its time limit. */
export class Stop {
  private deadline = Number.POSITIVE_INFINITY;
  private readonly reading = new Pace();
  private readonly listening = new Pace();

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
   * Waits for what a caller's listener returned, if it is a promise, which may never settle. It has two seconds more
   * after the signal and ten after the time limit, or four times as long as any before it took, at most a minute longer
   * than that one.
   *
   * @returns whether it is there
   */
  waitFor(answer: unknown): Promise<boolean> {
    return this.wait(answer, this.listening, 1);
  }

  /**
   * A part of the data of which nothing is waited for for ever: `read` throws NoData. It has as long as a listener, by
   * the reads before it and the number of samples.
   */
  guard(split: Split): Split {
    return {
      size: split.size,
      read: async (indices, ...given) => {
        const answer = async () => this.wait(split.read(indices, ...given), this.reading, indices.length);
        const isThere = await answer().catch((error) => {
          throw new NoData('The data set failed', { cause: readError(error) });
        });
        if (!isThere) throw new NoData('The data set does not answer');
      },
      label: split.label && ((index) => split.label!(index)),
    };
  }

  private async wait(answer: unknown, pace: Pace, items: number): Promise<boolean> {
    if (!isPromise(answer)) return true;
    const promise = Promise.resolve(answer);
    const begun = performance.now();
    if (!(await this.settles(promise, pace.expected(items)))) return false;
    pace.add(performance.now() - begun, items);
    await promise;
    return true;
  }

  /** @param expected milliseconds that it may well take */
  private settles(promise: Promise<unknown>, expected: number): Promise<boolean> {
    const begun = performance.now();
    const patience = Math.min(PATIENCE * expected, expected + MOST_PATIENCE);
    const grace = (why: keyof typeof GRACE) => Math.max(GRACE[why], patience);
    let end = Math.max(begun, this.deadline) + grace('time');
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const finish = (settled: boolean) => {
        clearTimeout(timer);
        this.signal?.removeEventListener('abort', look);
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
