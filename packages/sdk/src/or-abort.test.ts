import { getEventListeners } from 'node:events';
import { expect, it, vi } from 'vitest';
import { onAbort, orAbort } from './or-abort.js';

const never = new Promise<never>(() => {});
const listeners = ({ signal }: AbortController) => getEventListeners(signal, 'abort').length;

it('has one listener on a signal for all who wait, and none when all have left', async () => {
  const controller = new AbortController();
  const ends: (() => void)[] = [];
  const waits = Array.from({ length: 20 }, () =>
    orAbort(new Promise<void>((resolve) => ends.push(resolve)), controller.signal),
  );
  expect(listeners(controller)).toBe(1);
  for (const end of ends.splice(0, 19)) end();
  await Promise.all(waits.slice(0, 19));
  expect(listeners(controller)).toBe(1);
  ends[0]!();
  await waits[19];
  await vi.waitFor(() => expect(listeners(controller)).toBe(0));
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
