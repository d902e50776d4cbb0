import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { withLock } from './lock.js';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vae-lock-'));
  path = join(folder, 'thing.lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

const lockOf = (pid: number, host = hostname()) =>
  writeFileSync(path, JSON.stringify({ id: 'other', pid, host }));

it('lets one in at a time, and leaves nothing behind', async () => {
  let inside = 0;
  const most: number[] = [];
  const use = () =>
    withLock(
      path,
      async () => {
        most.push(++inside);
        await wait(5);
        inside--;
      },
      { pollMs: 1 },
    );
  await Promise.all(Array.from({ length: 8 }, use));
  expect(most).toEqual(Array.from({ length: 8 }, () => 1));
  expect(readdirSync(folder)).toEqual([]);
});

it('is given back when the work fails', async () => {
  await expect(withLock(path, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(existsSync(path)).toBe(false);
});

it('waits for a living process, and takes over from a killed one', async () => {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'], { stdio: 'ignore' });
  lockOf(child.pid!);
  const waits: number[] = [];
  let entered = false;
  const done = withLock(
    path,
    async () => {
      entered = true;
    },
    {
      pollMs: 5,
      onWait: (pid) => waits.push(pid),
    },
  );
  await wait(60);
  expect([waits, entered]).toEqual([[child.pid], false]);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await done;
  expect(entered).toBe(true);
});

it('takes over at once what an earlier process of the same number has left, as in a container', async () => {
  lockOf(process.pid);
  expect(await withLock(path, async () => 'mine', { staleMs: 1e9 })).toBe('mine');
});

it.each([
  ['another machine', () => lockOf(1, 'elsewhere.example')],
  ['nobody, for it is damaged', () => writeFileSync(path, 'garbage')],
])('waits for a lock of %s as long as it is touched', async (_, make) => {
  make();
  let entered = false;
  const touch = setInterval(() => utimesSync(path, new Date(), new Date()), 10);
  const done = withLock(
    path,
    async () => {
      entered = true;
    },
    { pollMs: 5, staleMs: 100 },
  );
  await wait(250);
  expect(entered).toBe(false);
  clearInterval(touch);
  await done;
  expect(entered).toBe(true);
});

it('stops waiting when told to, and leaves the other one its lock', async () => {
  lockOf(1, 'elsewhere.example');
  const done = withLock(path, async () => 'mine', { signal: AbortSignal.timeout(20), pollMs: 5 });
  await expect(done).rejects.toThrow('timeout');
  expect(existsSync(path)).toBe(true);
});
