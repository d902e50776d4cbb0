import type { Writable } from 'node:stream';

/** Streams that got the one JSON object of the command that runs. */
const answered = new WeakSet<Writable>();

/** A command begins. */
export const expectAnswer = (stdout: Writable): void => void answered.delete(stdout);
export const isAnswered = (stdout: Writable): boolean => answered.has(stdout);

/** Writes the JSON object of a command. */
export function answer(stdout: Writable, object: object): void {
  answered.add(stdout);
  stdout.write(`${JSON.stringify(object)}\n`);
}
