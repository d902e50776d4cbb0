const [INSIDE, CLOSED] = [0, 1];
/** The longest that the end of a process waits for what is under way. */
const PATIENCE_MS = 10_000;

/**
 * Keeps the end of a process, by `process.exit` or an error that nobody caught, from stopping a thread inside native
 * code: the whole process would abort, with a message that hides what went wrong.
 */
export class ExitGate {
  /** @param shared the memory of the gate, for its other side */
  constructor(readonly shared: Int32Array = new Int32Array(new SharedArrayBuffer(8))) {}

  /** The thread's side: does the work, unless the process ends, after which nobody waits for it. */
  async pass<Result>(work: () => Promise<Result>): Promise<Result> {
    Atomics.add(this.shared, INSIDE, 1);
    try {
      if (Atomics.load(this.shared, CLOSED) === 0) return await work();
    } finally {
      Atomics.sub(this.shared, INSIDE, 1);
      Atomics.notify(this.shared, INSIDE);
    }
    return new Promise(() => {});
  }

  /** The main thread's side, at its very end: blocks until the thread is outside, and lets it in no more. */
  close(): void {
    Atomics.store(this.shared, CLOSED, 1);
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const inside = Atomics.load(this.shared, INSIDE);
      const left = end - Date.now();
      if (inside === 0 || left <= 0) return;
      Atomics.wait(this.shared, INSIDE, inside, left);
    }
  }
}
