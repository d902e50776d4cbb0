import { rmSync } from 'node:fs';

/** Temporary files and folders that are being written. */
const unfinished = new Set<string>();
const signals = ['SIGINT', 'SIGTERM'] as const;

/** Does work that fills a temporary file or folder, which goes too when a signal ends the program in the middle of it. */
export async function untilFinished<T>(temporary: string, work: () => Promise<T>): Promise<T> {
  if (unfinished.size === 0) for (const signal of signals) process.on(signal, end);
  unfinished.add(temporary);
  try {
    return await work();
  } finally {
    unfinished.delete(temporary);
    if (unfinished.size === 0) ignore();
  }
}

/** A program that listens for the signal itself decides what it means, and may go on. */
function end(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  for (const path of unfinished) {
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {
      // What the system keeps is left behind; the program ends all the same.
    }
  }
  ignore();
  process.kill(process.pid, signal);
}

function ignore(): void {
  for (const signal of signals) process.off(signal, end);
}
