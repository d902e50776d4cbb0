/** Pairs of runs: as many as fit into the time, within limits. */
const LEAST = 5;
const MOST = 51;
const BUDGET_MS = 1500;

/** Middle number; the upper one of two. */
export function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

/**
 * Median time of `run` in units of that of `base`. They run in turn, so that what else the machine does slows both;
 * the first run of each is not counted.
 */
export async function timeRatio(run: () => Promise<unknown>, base: () => Promise<unknown>): Promise<number> {
  await run();
  await base();
  const times: { run: number[]; base: number[] } = { run: [], base: [] };
  const end = performance.now() + BUDGET_MS;
  while (times.run.length < LEAST || (times.run.length < MOST && performance.now() < end)) {
    times.run.push(await timed(run));
    times.base.push(await timed(base));
  }
  return median(times.run) / median(times.base);
}
