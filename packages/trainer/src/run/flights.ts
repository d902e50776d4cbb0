import { performance } from 'node:perf_hooks';
import type { Results } from '../engines/engine.js';
import type { Batch } from './batches.js';

/** What came of a group, and when. */
export interface Landing {
  readonly results: readonly Results[];
  /** Seconds that the engine worked at it. */
  readonly seconds: number;
  /** Seconds before in which the engine had nothing to do for want of data. */
  readonly waited: number;
}

/** Updates that the engine was asked for. */
export interface Flight {
  readonly group: readonly Batch[];
  readonly landing: Promise<Landing>;
}

/**
 * Groups of updates on their way through the engine. With one asked for ahead, the engine has the next group when it
 * is done with one, while the results of that are looked at.
 */
export class Flights {
  private coming: Promise<Flight | undefined> | undefined;
  private started = false;
  /** When the engine was done with what it was asked for last. */
  private landedAt = 0;

  /** @param stops whether nothing more is to be started */
  constructor(
    private readonly groups: AsyncIterator<readonly Batch[]>,
    private readonly start: (group: readonly Batch[]) => Promise<Results[]>,
    private readonly stops: () => boolean,
  ) {}

  /** Asks the engine for the next group as soon as its data are there. */
  goAhead(): void {
    this.coming ??= this.launch();
    // A failure is raised when the group is asked for.
    this.coming.catch(() => {});
  }

  /** Whether the engine has a group that was not handed out yet; one whose data are still read it has not. */
  get isUnderWay(): boolean {
    return this.started;
  }

  /** The next group, started now where it was not yet; undefined after the last one and where the run stops. */
  async next(): Promise<Flight | undefined> {
    this.coming ??= this.launch();
    const flight = await this.coming;
    this.coming = undefined;
    this.started = false;
    return flight;
  }

  private async launch(): Promise<Flight | undefined> {
    const askedAt = performance.now();
    const { done, value } = await this.groups.next();
    if (done || this.stops()) return undefined;
    this.started = true;
    const landing = this.fly(value, askedAt);
    landing.catch(() => {});
    return { group: value, landing };
  }

  /** The time between a landing and what is asked for next is the caller's own, and counted nowhere. */
  private async fly(group: readonly Batch[], askedAt: number): Promise<Landing> {
    const startedAt = performance.now();
    const results = await this.start(group);
    const before = this.landedAt;
    this.landedAt = performance.now();
    return {
      results,
      seconds: (this.landedAt - Math.max(startedAt, before)) / 1000,
      waited: Math.max(0, startedAt - Math.max(askedAt, before)) / 1000,
    };
  }
}
