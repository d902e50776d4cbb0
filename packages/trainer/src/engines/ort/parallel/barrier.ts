const [ARRIVED, ROUND] = [0, 1];

/** Rounds of looking before a thread sleeps: waking it up takes longer than most waits. */
const LOOKS = 4000;

/** Where a fixed number of threads wait for one another. */
export class Barrier {
  /** Numbers of shared memory that a barrier needs, 0 at first. */
  static readonly LENGTH = 2;

  constructor(
    private readonly shared: Int32Array,
    private readonly count: number,
  ) {}

  /** Says that this thread is there. The last one lets all go on. */
  arrive(): number {
    const round = Atomics.load(this.shared, ROUND);
    if (Atomics.add(this.shared, ARRIVED, 1) !== this.count - 1) return round;
    Atomics.store(this.shared, ARRIVED, 0);
    Atomics.add(this.shared, ROUND, 1);
    Atomics.notify(this.shared, ROUND);
    return round;
  }

  /** Waits until all have arrived in a round: false where the time ran out before. */
  wait(round: number, timeoutMs = Number.POSITIVE_INFINITY): boolean {
    for (let i = 0; i < LOOKS; i++) if (Atomics.load(this.shared, ROUND) !== round) return true;
    // Woken is not let through: the call may be that of the round before, from a thread that had lost its turn since.
    const end = performance.now() + timeoutMs;
    while (Atomics.load(this.shared, ROUND) === round) {
      const left = end - performance.now();
      if (left <= 0 || Atomics.wait(this.shared, ROUND, round, left) === 'timed-out') return false;
    }
    return true;
  }
}
