/** Who waits for a signal: a listener that it takes once, however often it is added. */
class Waiting extends Set<() => void> {
  handleEvent(): void {
    for (const run of this) run();
  }
}

/** One listener per signal serves all who wait for it, because Node takes more than ten for a leak. */
const waiting = new WeakMap<AbortSignal, Waiting>();

/**
 * Calls back when the signal fires.
 *
 * @returns takes that back; the last to leave takes the listener along, which would keep a signal of signals alive
 */
export function onAbort(signal: AbortSignal, run: () => void): () => void {
  const runs = waiting.get(signal) ?? new Waiting();
  waiting.set(signal, runs.add(run));
  signal.addEventListener('abort', runs, { once: true });
  return () => {
    if (runs.delete(run) && runs.size === 0) signal.removeEventListener('abort', runs);
  };
}

/** Waits for a promise, but no longer than until the signal; then rejects with the signal's reason. */
export function orAbort<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    promise.then(resolve, reject).finally(onAbort(signal, abort));
  });
}
