/** One listener per signal serves all who wait for it, because Node takes more than ten for a leak. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back when the signal fires.
 *
 * @returns takes that back
 */
export function onAbort(signal: AbortSignal, run: () => void): () => void {
  const runs = waiting.get(signal) ?? listen(signal);
  runs.add(run);
  return () => void runs.delete(run);
}

function listen(signal: AbortSignal): Set<() => void> {
  const runs = new Set<() => void>();
  waiting.set(signal, runs);
  const callAll = () => {
    for (const run of runs) run();
  };
  signal.addEventListener('abort', callAll, { once: true });
  return runs;
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
