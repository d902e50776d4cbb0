import { randomUUID } from 'node:crypto';
import { readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';

export interface LockOptions {
  readonly signal?: AbortSignal;
  /** Called once when another process holds the lock, with its number. */
  readonly onWait?: (pid: number) => void;
  /** How often a waiting process looks; 250 ms. */
  readonly pollMs?: number;
  /** A holder on another machine whose file has not been touched for so long is taken for dead; 30 s. */
  readonly staleMs?: number;
}

interface Holder {
  readonly id: string;
  readonly pid: number;
  readonly host: string;
}

const TOUCH_MS = 5000;
const OLD_MARK_MS = 60_000;

/** What this process holds. A lock of its own number that is not here is from an earlier life, as in a container. */
const held = new Set<string>();

/**
 * Runs `use` while no other process, and no other call in this one, runs one with the same path; the others wait.
 *
 * The lock is a file. Its holder touches it now and then, so that one left behind by a killed process is taken over, also
 * on a disk shared by several machines. Clocks are not compared: a waiting process looks whether the time changes.
 *
 * @throws what `use` throws, the system's errors, and the signal's reason
 * @example await withLock('cache/thing.lock', () => install('cache/thing'));
 */
export async function withLock<Result>(
  path: string,
  use: () => Promise<Result>,
  options: LockOptions = {},
): Promise<Result> {
  const holder: Holder = { id: randomUUID(), pid: process.pid, host: hostname() };
  held.add(holder.id);
  try {
    await acquire(path, holder, options);
  } catch (error) {
    held.delete(holder.id);
    throw error;
  }
  const touch = setInterval(() => {
    const now = new Date();
    void utimes(path, now, now).catch(() => {});
  }, TOUCH_MS);
  touch.unref();
  try {
    return await use();
  } finally {
    clearInterval(touch);
    // Another process may have taken it over from one that was asleep.
    if ((await readHolder(path))?.id === holder.id) await rm(path, { force: true });
    held.delete(holder.id);
  }
}

async function acquire(path: string, holder: Holder, options: LockOptions): Promise<void> {
  const { signal, onWait, pollMs = 250, staleMs = 30_000 } = options;
  let seen: { key: string; sinceMs: number } | undefined;
  let told = false;
  while (!(await create(path, holder))) {
    signal?.throwIfAborted();
    const other = await readHolder(path);
    const key = `${other?.id} ${await touchedMs(path)}`;
    if (seen?.key !== key) seen = { key, sinceMs: performance.now() };
    if (isGone(other) || performance.now() - seen.sinceMs >= staleMs) {
      await takeAway(path, other);
    } else if (other && !told) {
      told = true;
      onWait?.(other.pid);
    }
    await wait(pollMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}

async function create(path: string, holder: Holder | undefined): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify(holder ?? null), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Removes a dead process's lock. Several may see that it is dead, and the first of them may have the lock itself by now, so
 * only the one that makes the mark with the dead one's name looks again and removes.
 */
async function takeAway(path: string, dead: Holder | undefined): Promise<void> {
  const mark = `${path}.${dead?.id}`;
  if (!(await create(mark, dead))) {
    // Whoever made it was killed within the next two lines.
    if (Date.now() - (await touchedMs(mark)) > OLD_MARK_MS) await rm(mark, { force: true });
    return;
  }
  try {
    if ((await readHolder(path))?.id === dead?.id) await rm(path, { force: true });
  } finally {
    await rm(mark, { force: true });
  }
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const { id, pid, host } = JSON.parse(await readFile(path, 'utf8')) as Partial<Holder>;
    return typeof id === 'string' && typeof pid === 'number' && typeof host === 'string'
      ? { id, pid, host }
      : undefined;
  } catch {
    return undefined;
  }
}

const touchedMs = (path: string): Promise<number> =>
  stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );

/** True where the holder surely runs no more: a process of this machine that is not there. */
function isGone(holder: Holder | undefined): boolean {
  if (holder === undefined || holder.host !== hostname()) return false;
  if (holder.pid === process.pid) return !held.has(holder.id);
  try {
    process.kill(holder.pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
