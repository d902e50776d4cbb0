import { performance } from 'node:perf_hooks';
import type { Results } from '../engines/engine.js';
import type { Batch } from './batches.js';

/** Updates that the engine was asked for. */
export interface Flight {
  readonly group: readonly Batch[];
  readonly startedAt: number;
  readonly results: Promise<Results[]>;
}

/**
 * Groups of updates on their way through the engine. With one asked for ahead, the engine has the next group when it
 * is done with one, while the results of that are looked at.
 */
export class Flights {
  private coming: Promise<Flight | undefined> | undefined;
  private started = false;

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

  /** Whether the engine was asked for a group that was not handed out yet. */
  get isAhead(): boolean {
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
    const { done, value } = await this.groups.next();
    if (done || this.stops()) return undefined;
    this.started = true;
    const flight = { group: value, startedAt: performance.now(), results: this.start(value) };
    flight.results.catch(() => {});
    return flight;
  }
}
