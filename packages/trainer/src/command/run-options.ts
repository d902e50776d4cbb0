import type { Command } from 'commander';
import { parseLog } from '../run/loggers/open.js';
import { parseDuration } from '../terminal/index.js';

/** Flags of a run that are no part of its recipe. */
export interface RunFlags {
  /** Seconds. */
  readonly timeLimit?: number;
  readonly log?: readonly string[];
}

/** One more logger; `none` takes back those before it. */
function addLog(text: string, before: readonly string[] = []): string[] {
  if (text === 'none') return [];
  parseLog(text);
  return [...before, text];
}

/** @param timeLimit what a command of several runs means by --time-limit */
export function addRunOptions(
  command: Command,
  { timeLimit = 'end after so long, with a model: 90s, 30m, 2h' }: { timeLimit?: string } = {},
): Command {
  return command
    .option('--time-limit <time>', timeLimit, parseDuration('--time-limit'))
    .option(
      '--log <where>',
      'beside metrics.jsonl: tensorboard (default), mlflow:http://HOST:PORT/EXPERIMENT, none; more than once for several',
      addLog,
    );
}
