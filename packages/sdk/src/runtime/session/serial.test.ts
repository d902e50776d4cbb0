import { expect, it } from 'vitest';
import { serially } from './serial.js';

it('never overlaps tasks, keeps their order and outlives a failing one', async () => {
  const events: string[] = [];
  const task = (name: string, fails = false) =>
    serially(async () => {
      events.push(`${name} starts`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      events.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    });
  const results = await Promise.allSettled([task('a'), task('b', true), task('c')]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(events).toEqual(['a starts', 'a ends', 'b starts', 'b ends', 'c starts', 'c ends']);
});

it('starts a task at once when none is under way, also after one that failed', async () => {
  const events: string[] = [];
  await serially(async () => {}).then(() => {});
  const failing = serially(async () => {
    events.push('starts');
    throw new Error('fails');
  });
  expect(events).toEqual(['starts']);
  await expect(failing).rejects.toThrow('fails');
  const next = serially(async () => void events.push('next'));
  expect(events).toEqual(['starts', 'next']);
  await next;
});
