import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface ToolOptions {
  readonly cwd?: string;
  /** The whole environment, not an addition to this process's. */
  readonly env?: NodeJS.ProcessEnv;
  /** Ends the program and all that it started. */
  readonly signal?: AbortSignal;
  /** Called with each line that the program writes, to stdout or stderr. */
  readonly onLine?: (line: string) => void;
}

export interface ToolOutcome {
  /** Null where the program did not start or a signal ended it. */
  readonly code: number | null;
  /** The signal that ended it, such as "SIGILL". */
  readonly endedBy?: string;
  /** Why it could not be started. */
  readonly error?: NodeJS.ErrnoException;
  /** What it wrote, to stdout alone and to both in the order of arrival; the end of it where that is long. */
  readonly stdout: string;
  readonly output: string;
}

/** Runs a program to its end. Tests put something else in its place. */
export type RunTool = (file: string, args: readonly string[], options?: ToolOptions) => Promise<ToolOutcome>;

/** A compiler's or an installer's output is long; its end says what went wrong. */
const KEPT_CHARACTERS = 2 ** 18;

/**
 * Runs a program without input and waits until it has ended, whatever its exit code.
 *
 * It gets a process group of its own, so that pip, make and what they started end together when the signal is aborted.
 *
 * @throws the signal's reason once the program is gone
 * @example const { code, stdout } = await runTool('make', ['--version']);
 */
export const runTool: RunTool = async (file, args, { cwd, env, signal, onLine } = {}) => {
  signal?.throwIfAborted();
  const child = spawn(file, [...args], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
  });
  let [stdout, output] = ['', ''];
  const line = lineSplitter(onLine);
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout = (stdout + text).slice(-KEPT_CHARACTERS);
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-KEPT_CHARACTERS);
      line(text);
    });
  }
  const stop = () => endGroup(child);
  signal?.addEventListener('abort', stop, { once: true });
  // A process that exits takes what it started along.
  process.once('exit', stop);
  try {
    const ended = await closed(child);
    signal?.throwIfAborted();
    return { ...ended, stdout, output };
  } finally {
    process.off('exit', stop);
    signal?.removeEventListener('abort', stop);
  }
};

function closed(child: ChildProcess): Promise<Pick<ToolOutcome, 'code' | 'endedBy' | 'error'>> {
  return new Promise((settle) => {
    child.once('error', (error) => settle({ code: null, error }));
    child.once('close', (code, endedBy) => settle({ code, ...(endedBy && { endedBy }) }));
  });
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill();
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group is gone already.
  }
}

function lineSplitter(onLine: ((line: string) => void) | undefined): (text: string) => void {
  let rest = '';
  return (text) => {
    const lines = (rest + text).split(/\r\n|\r|\n/);
    rest = lines.pop()!;
    for (const line of lines) if (line.trim() !== '') onLine?.(line);
  };
}

/**
 * Where PATH has a program; undefined where it has none.
 *
 * @example findOnPath('uv') // '/usr/local/bin/uv'
 */
export function findOnPath(name: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const endings = process.platform === 'win32' ? ['.exe', '.cmd', '.bat', ''] : [''];
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders
    .flatMap((folder) => endings.map((ending) => join(folder, name + ending)))
    .find((path) => isProgram(path));
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
