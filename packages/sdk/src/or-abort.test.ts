import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { onAbort, orAbort } from './or-abort.js';

const never = new Promise<never>(() => {});

it('has one listener on a signal for all who wait', async () => {
  const controller = new AbortController();
  for (let round = 0; round < 2; round++) {
    await Promise.all(Array.from({ length: 20 }, () => orAbort(Promise.resolve(), controller.signal)));
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
  }
});

it('rejects all who wait with the reason of the signal, and who comes later', async () => {
  const controller = new AbortController();
  const waits = Array.from({ length: 3 }, () => orAbort(never, controller.signal));
  const reason = new Error('enough');
  controller.abort(reason);
  for (const wait of [...waits, orAbort(never, controller.signal)]) await expect(wait).rejects.toBe(reason);
});

it('does not call back who left', () => {
  const controller = new AbortController();
  const calls: string[] = [];
  const leave = [
    onAbort(controller.signal, () => calls.push('first')),
    onAbort(controller.signal, () => calls.push('second')),
  ];
  leave[0]!();
  leave[0]!();
  controller.abort();
  expect(calls).toEqual(['second']);
});
