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

function holder(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
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
  const taken = pid === process.pid ? held.has(key) : pid !== undefined && isAlive(pid);
  if (taken)
    throw new TrainerError(
      'run-exists',
      `${folder}: process ${pid} is training in this folder. Wait for it, choose another --out, or delete ${path} if ` +
        'that process is something else.',
    );
  rmSync(path, { force: true });
  // Fails where another process made the file since, so that only one of two gets it.
  writeFileSync(path, String(process.pid), { flag: 'wx' });
  held.add(key);
  return () => {
    held.delete(key);
    rmSync(path, { force: true });
  };
}
