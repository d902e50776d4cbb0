import { zeros } from '../tensor.js';

/** Arrays below this are not worth it: their memory is not fresh from the system. */
const minimumLength = 2 ** 14;
/** Numbers that one kept array may have at most: 16 MiB. */
const maximumLength = 2 ** 22;
/** Arrays kept at most; more calls than that are seldom under way at once. */
const maximumKept = 4;

/** Whether an array of so many float32 numbers is one to keep. */
export const isWorthKeeping = (length: number): boolean => length >= minimumLength && length <= maximumLength;

/**
 * Arrays to write into that are used again. The system clears fresh memory page by page when it is first touched, which
 * takes longer than what is then written there.
 */
export class Spares {
  readonly #kept: Float32Array[] = [];

  /** An array of any contents. */
  take(length: number): Float32Array {
    const at = this.#kept.findIndex((array) => array.length === length);
    return at < 0 ? zeros([length], 'data') : this.#kept.splice(at, 1)[0]!;
  }

  /** Keeps an array that nobody uses any more. */
  keep(array: Float32Array): void {
    if (!isWorthKeeping(array.length)) return;
    this.#kept.push(array);
    // The oldest has a length that is asked for no more.
    if (this.#kept.length > maximumKept) this.#kept.shift();
  }

  clear(): void {
    this.#kept.length = 0;
  }
}
