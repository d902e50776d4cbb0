import type { Feeds } from '../engine.js';
import type { FeedMemory } from './parallel/feed-memory.js';
import type { StepPlan } from './parallel/plan.js';

/** The slots of a step's feeds, lent to who fills them. The first is never lent: it is for feeds that come by message. */
export class FeedLoans {
  private readonly lent: readonly Feeds[];
  private readonly free: number[];

  constructor(
    private readonly plan: StepPlan,
    memory: FeedMemory,
  ) {
    const arraysOf = (slot: number): Feeds =>
      Object.fromEntries(plan.feeds.map((feed) => [feed.name, memory.ofStep(slot, feed)]));
    this.lent = Array.from({ length: memory.slots }, (_, slot) => arraysOf(slot));
    this.free = [...this.lent.keys()].slice(1);
  }

  /** Arrays that nobody else writes or reads; those that came back last are in the cache. */
  lend(program: string): Feeds | undefined {
    const slot = program === this.plan.name ? this.free.pop() : undefined;
    return slot === undefined ? undefined : this.lent[slot];
  }

  /** The slot whose arrays are among the feeds, if any is. */
  slotOf(feeds: Feeds): number | undefined {
    const names = Object.keys(feeds);
    const slot = this.lent.findIndex((lent) => names.some((name) => lent[name] === feeds[name]));
    return slot < 0 ? undefined : slot;
  }

  /** What of the feeds is not in a slot. */
  rest(feeds: Feeds, slot: number): Feeds {
    const lent = this.lent[slot];
    return Object.fromEntries(Object.entries(feeds).filter(([name, array]) => array !== lent[name]));
  }

  giveBack(slot: number): void {
    this.free.push(slot);
  }
}
