import { expect, it } from 'vitest';
import { newest } from './newest.js';

/** A source of values, and a slow consumer that the test lets go on step by step. */
function slow() {
  const seen: number[] = [];
  const gates: { open(): void; fail(error: Error): void }[] = [];
  const state = { value: 0 };
  const request = newest(
    () =>
      new Promise<void>((open, fail) => {
        seen.push(state.value);
        gates.push({ open, fail });
      }),
  );
  return { seen, gates, state, request };
}

it('runs one at a time and then only the newest', async () => {
  const { seen, gates, state, request } = slow();
  const first = request();
  // Runs between the end of the first run and the beginning of the waiting one, which it joins.
  const between = first.then(request);
  const later = [1, 2, 3].map((value) => {
    state.value = value;
    return request();
  });
  expect(seen).toEqual([0]);
  gates[0]!.open();
  await first;
  await expect.poll(() => seen).toEqual([0, 3]);
  gates[1]!.open();
  await Promise.all([between, ...later]);
  state.value = 4;
  const last = request();
  gates[2]!.open();
  await last;
  expect(seen).toEqual([0, 3, 4]);
});

it('goes on after a failure, which only its own callers see', async () => {
  const { seen, gates, request } = slow();
  const first = request();
  const second = request();
  gates[0]!.fail(new Error('once'));
  await expect(first).rejects.toThrow('once');
  await expect.poll(() => seen.length).toBe(2);
  gates[1]!.open();
  await second;
});
