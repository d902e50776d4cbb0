/** Milliseconds that runs may keep their thread to themselves: half of what a page has for one picture. */
const most = 8;

/** Since when runs have followed each other in this thread, with nothing else between them. */
let since: number | undefined;

/**
 * Runs that block their thread resolve without a task of the event loop in between, so that a loop over them would keep
 * timers, input and drawing waiting to its end. Asked before each of them, this gives what to wait for when that has
 * lasted long enough, and else undefined.
 */
export function pauseWhenDue(nextTask: () => Promise<void>): Promise<void> | undefined {
  if (since === undefined) {
    begin(nextTask);
    return undefined;
  }
  if (performance.now() - since < most) return undefined;
  // The run after the pause begins the next ones.
  return nextTask().then(() => begin(nextTask));
}

function begin(nextTask: () => Promise<void>): void {
  const begun = performance.now();
  since = begun;
  void nextTask().then(() => {
    if (since === begun) since = undefined;
  });
}
