import { oneLine } from '../text/one-line.js';
import { answer } from './answered.js';
import type { Streams } from './run-command.js';

/** What a command prints. With `--json` only the result reaches stdout, as one line of JSON. */
export interface Output {
  readonly json: boolean;
  /** A line for people who read along: stderr. */
  note(text: string): void;
  /** The result, called once: `text` on stdout, or with `--json` the object as one line. */
  result(object: object, text?: string): void;
}

/**
 * Keeps stdout for the result and sends everything else to stderr.
 *
 * @example createOutput({ json: options.json }).result({ files: ['a.png'] }, 'wrote a.png');
 */
export function createOutput({
  json = false,
  streams = process,
}: {
  json?: boolean;
  streams?: Streams;
}): Output {
  return {
    json,
    note: (text) => void streams.stderr.write(`${oneLine(text)}\n`),
    result: (object, text = '') => {
      if (json) answer(streams.stdout, object);
      else if (text !== '') streams.stdout.write(`${text}\n`);
    },
  };
}
