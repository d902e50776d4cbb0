import { TrainerError } from '../../errors.js';
import { nearest } from '../../text/nearest.js';
import { type LoggerName, loggers } from './index.js';
import type { Logger, LoggerKind, LoggerOptions } from './logger.js';

/**
 * A logger's name and what follows a colon.
 *
 * @throws TrainerError "bad-option" for a name that is not known
 * @example parseLog('mlflow:http://127.0.0.1:5000/digits') // { name: 'mlflow', argument: 'http://127.0.0.1:5000/digits' }
 */
export function parseLog(spec: string): { name: LoggerName; argument?: string } {
  const [name, ...rest] = spec.split(':');
  const argument = rest.length > 0 ? rest.join(':') : undefined;
  if (Object.hasOwn(loggers, name)) return { name: name as LoggerName, argument };
  const close = nearest(name, Object.keys(loggers));
  throw new TrainerError(
    'bad-option',
    `log "${spec}" is not known${close ? `; did you mean "${close}"?` : '.'} Choose of: ${Object.keys(loggers).join(', ')}.`,
  );
}

/**
 * Opens loggers and makes one of them.
 *
 * @param specs such as `tensorboard`; none for metrics.jsonl alone
 * @throws TrainerError "bad-option" for a logger that is not known, or that cannot be opened
 * @example const log = await openLoggers(['tensorboard'], { folder, recipe, startStep: 0 });
 */
export async function openLoggers(specs: readonly string[], options: LoggerOptions): Promise<Logger> {
  const parsed = specs.map(parseLog);
  const opened: Logger[] = [];
  const all = async (call: (logger: Logger) => Promise<void>) => {
    for (const logger of opened) await call(logger);
  };
  try {
    for (const { name, argument } of parsed) {
      const kind: LoggerKind = await loggers[name]();
      opened.push(await kind.open(argument, options));
    }
  } catch (error) {
    await all((logger) => logger.close());
    throw error;
  }
  return {
    step: (record) => all((logger) => logger.step(record)),
    epoch: (record, look) => all((logger) => logger.epoch(record, look)),
    close: () => all((logger) => logger.close()),
  };
}
