import type { Feeds, Loan } from '../engine.js';
import type { FeedMemory } from './parallel/feed-memory.js';
import type { StepPlan } from './parallel/plan.js';

/** The slots of a step's feeds, lent to who fills them. The first is never lent: it is for feeds that come by message. */
export class FeedLoans {
  private readonly loans: readonly Loan[];
  private readonly free: number[];

  constructor(
    private readonly plan: StepPlan,
    private readonly memory: FeedMemory,
  ) {
    const arraysOf = (slot: number): Feeds =>
      Object.fromEntries(
        plan.feeds.filter(({ noise }) => !noise).map((feed) => [feed.name, memory.ofStep(slot, feed)]),
      );
    this.loans = Array.from({ length: memory.slots }, (_, slot) => ({
      arrays: arraysOf(slot),
      drawFor: (rows) => memory.drawFor(slot, rows),
    }));
    this.free = [...this.loans.keys()].slice(1);
  }

  /** Arrays that nobody else writes or reads; those that came back last are in the cache. */
  lend(program: string): Loan | undefined {
    const slot = program === this.plan.name ? this.free.pop() : undefined;
    if (slot === undefined) return undefined;
    this.memory.drawFor(slot);
    return this.loans[slot];
  }

  /** The slot whose arrays are among the feeds, if any is. */
  slotOf(feeds: Feeds): number | undefined {
    const names = Object.keys(feeds);
    const slot = this.loans.findIndex(({ arrays }) => names.some((name) => arrays[name] === feeds[name]));
    return slot < 0 ? undefined : slot;
  }

  /** What of the feeds is not in a slot. */
  rest(feeds: Feeds, slot: number): Feeds {
    const { arrays } = this.loans[slot];
    return Object.fromEntries(Object.entries(feeds).filter(([name, array]) => array !== arrays[name]));
  }

  giveBack(slot: number): void {
    this.free.push(slot);
  }
}
