/**
 * Runs `work` at most once at a time. Calls that come while it runs share one further run after it, so a fast source
 * of changes never makes a queue: what is drawn next is the newest value.
 *
 * @param work reads the newest value itself, when it starts
 * @returns a function whose promise settles with the first run that began after its call
 */
export function newest(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let waiting: Promise<void> | undefined;
  const start = (): Promise<void> => {
    waiting = undefined;
    running = work().finally(() => {
      running = undefined;
    });
    return running;
  };
  return () => {
    // Looked at first: between the end of a run and the start of the waiting one, nothing runs.
    if (waiting) return waiting;
    if (!running) return start();
    waiting = running.then(start, start);
    return waiting;
  };
}
