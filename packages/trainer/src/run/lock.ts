import { createHash, randomBytes } from 'node:crypto';
import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { TrainerError } from '../errors.js';

/** Hexadecimal digits behind a lock's name. */
const DIGITS = 16;

/** True while a process of that number runs, also one that belongs to somebody else. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** What the system tells of a process, where it does. */
interface Told {
  /** One letter. */
  readonly state: string;
  /** When it started, in the system's own count; a number that two processes of one number do not share. */
  readonly start: string;
}

function toldOf(pid: number): Told | undefined {
  try {
    // The second field is the program's name in brackets and may hold anything; the start is the 20th after it.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0], start: fields[19] };
  } catch {
    return undefined;
  }
}

/** What this process holds. A lock of its own number that is not here is from an earlier life, as in a container. */
const held = new Set<string>();

/** The living process that wrote a lock. */
function writerOf(text: string): number | undefined {
  const [pid, start] = text.split(' ');
  const number = /^\d{1,15}$/.test(pid!) ? Number(pid) : 0;
  if (number === 0 || !isAlive(number)) return undefined;
  if (number === process.pid) return held.has(text) ? number : undefined;
  const now = toldOf(number);
  // A dead process keeps its number until its parent asks for its end, which not every first process of a container does.
  if (now?.state === 'Z') return undefined;
  // Another process may have got the number since.
  return !start || now === undefined || start === now.start ? number : undefined;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw Object.assign(error as Error, { path });
  }
}

/**
 * Where a process has to put its own lock: at the path itself, or, where one of a killed process is, at a name made of
 * that one's text. So only one of many can follow a given lock, and none is ever removed in favour of a newer one.
 */
function place(path: string, folder: string, own: string): string {
  let at = path;
  for (let text = read(at); text !== undefined && text !== own; text = read(at)) {
    const pid = writerOf(text);
    if (pid !== undefined)
      throw new TrainerError(
        'run-exists',
        `${folder}: process ${pid} is training in this folder. Wait for it, choose another --out, or delete ${path} if ` +
          'that process is something else.',
      );
    at = `${path}.${createHash('sha256').update(text).digest('hex').slice(0, DIGITS)}`;
  }
  return at;
}

/** Gives a file a second name, unless something has that name: false then, and where the file is gone. */
function tryLink(file: string, name: string, text: string): boolean {
  try {
    linkSync(file, name);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOENT') return false;
    // Some file systems know no links.
    return tryWrite(name, text);
  }
}

function tryWrite(name: string, text: string): boolean {
  try {
    writeFileSync(name, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes what others have left beside a lock. One that is being taken right now is tried for again, and refused. */
function sweep(path: string): void {
  const prefix = `${basename(path)}.`;
  for (const name of readdirSync(dirname(path)))
    if (name.startsWith(prefix)) rmSync(join(dirname(path), name), { force: true, recursive: true });
}

/**
 * Keeps a second process out of a folder. What a killed process left behind is taken over, by one of however many try.
 *
 * @returns a function that gives the folder back
 * @throws TrainerError "run-exists" while another process holds it
 * @example const giveBack = takeLock('runs/first/run.lock', 'runs/first')
 */
export function takeLock(path: string, folder: string): () => void {
  const nonce = randomBytes(DIGITS / 2).toString('hex');
  const own = `${process.pid} ${toldOf(process.pid)?.start ?? ''} ${nonce}`;
  const draft = `${path}.${nonce}`;
  let claim = draft;
  held.add(own);
  try {
    for (;;) {
      const at = place(path, folder, own);
      // Made beside it first, so that nobody finds a lock that is still empty.
      writeFileSync(draft, own);
      if (!tryLink(draft, at, own)) continue;
      claim = at;
      // The lock that this one follows may have been replaced before the link was made: then it follows nothing.
      if (place(path, folder, own) === at && read(at) === own) {
        renameSync(at, path);
        sweep(path);
        return () => release(path, own);
      }
      rmSync(at, { force: true });
    }
  } catch (error) {
    held.delete(own);
    for (const file of [claim, draft]) if (read(file) === own) rmSync(file, { force: true });
    // What the system refuses is known to the user under the lock's own name.
    throw isAt(error, draft) ? Object.assign(error, { path }) : error;
  }
}

const isAt = (error: unknown, path: string): error is NodeJS.ErrnoException =>
  (error as NodeJS.ErrnoException).path === path;

function release(path: string, own: string): void {
  held.delete(own);
  // Somebody may have deleted it, and another process taken the folder.
  if (read(path) === own) rmSync(path, { force: true });
}
