import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { TrainerError } from '../errors.js';

/** True while a process of that number runs, also one that belongs to somebody else. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * When a process started, in the system's own count; a number that two processes of one number do not share.
 * Undefined where the system does not tell.
 */
function startOf(pid: number): string | undefined {
  try {
    // The second field is the program's name in brackets and may hold anything; the start is the 20th after it.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

/** The living process that a lock names. */
function holder(path: string): number | undefined {
  try {
    const [pid, start] = readFileSync(path, 'utf8').split(' ');
    const number = Number(pid);
    if (!Number.isInteger(number) || number <= 0 || !isAlive(number)) return undefined;
    // Another process may have got the number since.
    const now = startOf(number);
    return start === undefined || now === undefined || start === now ? number : undefined;
  } catch {
    return undefined;
  }
}

/** What this process holds. A lock of its own number that is not here is from an earlier life, as in a container. */
const held = new Set<string>();

/**
 * Keeps a second process out of a folder. What a killed process left behind is taken over.
 *
 * @returns a function that gives the folder back
 * @throws TrainerError "run-exists" while another process holds it
 */
export function takeLock(path: string, folder: string): () => void {
  const key = resolve(path);
  const pid = holder(path);
  const taken = pid === process.pid ? held.has(key) : pid !== undefined;
  if (taken)
    throw new TrainerError(
      'run-exists',
      `${folder}: process ${pid} is training in this folder. Wait for it, choose another --out, or delete ${path} if ` +
        'that process is something else.',
    );
  rmSync(path, { force: true });
  // Fails where another process made the file since, so that only one of two gets it.
  writeFileSync(path, [process.pid, startOf(process.pid) ?? []].flat().join(' '), { flag: 'wx' });
  held.add(key);
  return () => {
    held.delete(key);
    rmSync(path, { force: true });
  };
}
