import { VaeError } from '../errors.js';
import { tagOf } from '../tag.js';
import { type Tensor, toAnyTensor } from '../tensor.js';

/** What JavaScript callers pass is looked at before it is used, so that a mistake is named and not stumbled over. */

/** What came, for errors. */
export const nameOf = (value: unknown): string => (value === undefined ? 'nothing' : tagOf(value));

/** What to do about it. */
export const hintOf = (value: unknown): string => (tagOf(value) === 'Promise' ? ' Await it first.' : '');

/**
 * A tensor as the caller gave it.
 *
 * @throws VaeError "bad-input" for anything else
 */
export function tensorOf(value: unknown, where: string): Tensor {
  if (typeof value === 'object' && value !== null && 'data' in value && 'shape' in value) {
    return toAnyTensor(value as Tensor, where);
  }
  throw new VaeError(
    'bad-input',
    `${where}: expected an array { data, shape }, got ${nameOf(value)}.${hintOf(value)}`,
  );
}

/** Refuses what is no list of pictures. */
export function assertList(value: unknown, where: string): void {
  if (Array.isArray(value)) return;
  throw new VaeError(
    'bad-input',
    `${where}: expected a list of pictures, got ${nameOf(value)}.${hintOf(value)}`,
  );
}

/** Refuses what are no bytes of a file. */
export function assertBytes(value: unknown, where: string): void {
  if (tagOf(value) === 'Uint8Array') return;
  const hints = { String: ' Read the file first.', ArrayBuffer: ' Pass new Uint8Array(buffer).' };
  const hint = hints[tagOf(value) as keyof typeof hints] ?? hintOf(value);
  throw new VaeError(
    'bad-input',
    `${where}: expected the bytes of a file (a Uint8Array), got ${nameOf(value)}.${hint}`,
  );
}
