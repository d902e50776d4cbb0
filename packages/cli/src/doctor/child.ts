import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { DeviceName } from '@vae/sdk/runtime';
import type { Trial } from './trial.js';

export interface ChildOptions {
  /** What runs one trial when `--trial` and a device follow. Default: this command itself. */
  readonly command?: readonly string[];
  /** Longest time until a result. Default: a minute; the first run on a GPU reads gigabytes of libraries. */
  readonly limitMs?: number;
}

/** A process that has said its result has this long to end. */
const graceMs = 5000;

/**
 * Tries a device in a process of its own, so that a driver that crashes or hangs does no harm.
 *
 * @example await tryInChild('webgpu') // { device: 'webgpu', works: false, reason: 'It took its process down (SIGSEGV).' }
 */
export function tryInChild(
  device: DeviceName,
  { command = doctor(), limitMs = 60_000 }: ChildOptions = {},
): Promise<Trial> {
  return new Promise((settle, reject) => {
    const [file, ...words] = command;
    const child = spawn(file!, [...words, '--trial', device], { stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    let late = false;
    const stop = () => {
      late = true;
      child.kill('SIGKILL');
    };
    let timer = setTimeout(stop, limitMs);
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (resultIn(text) === undefined) return;
      clearTimeout(timer);
      timer = setTimeout(stop, graceMs);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      settle(verdict(device, { result: resultIn(text), code, signal: late ? null : signal, limitMs }));
    });
  });
}

interface Ending {
  readonly result: Trial | undefined;
  readonly code: number | null;
  /** The signal that ended the process, unless it was ours. */
  readonly signal: string | null;
  readonly limitMs: number;
}

function verdict(device: DeviceName, { result, code, signal, limitMs }: Ending): Trial {
  if (result?.works && signal) return { ...result, reason: `At its end the process crashed (${signal}).` };
  if (result) return result;
  const reason = signal
    ? `It took its process down (${signal}).`
    : code === null
      ? `There was no result within ${limitMs / 1000} s.`
      : `Its process ended with code ${code} and no result.`;
  return { device, works: false, reason };
}

/** The result is a line of its own, among whatever drivers print. */
function resultIn(text: string): Trial | undefined {
  const line = text.split('\n').find((candidate) => candidate.startsWith('{"device":'));
  try {
    return line === undefined ? undefined : (JSON.parse(line) as Trial);
  } catch {
    return undefined;
  }
}

function doctor(): string[] {
  const root = dirname(createRequire(import.meta.url).resolve('@vae/cli/package.json'));
  return [process.execPath, join(root, 'bin', 'vae.js'), 'doctor'];
}
