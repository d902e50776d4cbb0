import { expect, it } from 'vitest';
import { pauseWhenDue } from './pause.js';

const nextTask = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Blocks the thread, as a run of wasm does. */
function run(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

it('lets a task of the event loop in between runs that are each longer than a pause is due after', async () => {
  let tasks = 0;
  let counting = true;
  const count = () => {
    tasks++;
    if (counting) setImmediate(count);
  };
  setImmediate(count);
  const tasksBefore: number[] = [];
  for (let i = 0; i < 6; i++) {
    await pauseWhenDue(nextTask);
    tasksBefore.push(tasks);
    run(10);
  }
  counting = false;
  // The first run finds a thread that had its turn; before each of the others the thread gets one.
  expect(new Set(tasksBefore).size).toBe(6);
});
