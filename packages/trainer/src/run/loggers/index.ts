import type { LoggerKind } from './logger.js';

/** Where a run's numbers can go beside metrics.jsonl. A new place is a file and a line here. */
export const loggers = {
  tensorboard: async () => (await import('./tensorboard/index.js')).tensorboard,
  mlflow: async () => (await import('./mlflow.js')).mlflow,
} as const satisfies Readonly<Record<string, () => Promise<LoggerKind>>>;

export type LoggerName = keyof typeof loggers;

/** Files that need nobody else are written unless a user says otherwise. */
export const DEFAULT_LOG: readonly string[] = ['tensorboard'];
