import { VaeError } from '../errors.js';
import { shown } from '../shown.js';

/**
 * Names one sequence of random numbers. Equal keys give equal numbers, on every engine and in every process.
 *
 * - `seed`: whole number 0 to 2^53 - 1
 * - `stream`: what the numbers are for, such as 'eps' or 'dropout/1'; each name is a sequence of its own
 * - `step`: uint32, for instance the training step; 0 when left out
 * - `index`: uint32, for instance the sample's index in the data set; 0 when left out
 */
export interface NoiseKey {
  readonly seed: number;
  readonly stream: string;
  readonly step?: number;
  readonly index?: number;
}

const known = new Map<string, number>();
const encoder = new TextEncoder();

/**
 * FNV-1a hash, 32 bits, of the UTF-8 bytes of a stream's name.
 *
 * @see Fowler, Noll, Vo, RFC 9923
 * @example streamId('foobar') // 0xbf9cf968
 */
export function streamId(name: string): number {
  const before = known.get(name);
  if (before !== undefined) return before;
  let hash = 0x811c9dc5;
  for (const byte of encoder.encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  if (known.size >= 1024) known.clear();
  known.set(name, hash >>> 0);
  return hash >>> 0;
}

/** A seed nobody chose, from the platform's entropy: whole number 0 to 2^53 - 1. */
export function freshSeed(): number {
  const words = globalThis.crypto.getRandomValues(new Uint32Array(2));
  return (words[0]! & 0x1fffff) * 2 ** 32 + words[1]!;
}

/** Refuses a key whose seed, step or index is outside its limits. */
export function assertKey({ seed, step = 0, index = 0 }: NoiseKey): void {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new VaeError(
      'bad-option',
      `random: seed is ${shown(seed)}, expected a whole number from 0 to 2^53 - 1.`,
    );
  }
  assertUint32(step, 'step');
  assertUint32(index, 'index');
}

/** The upper key word of a seed; the lower one is the seed's lowest 32 bits. */
export function highWord(seed: number): number {
  return Math.floor(seed / 4294967296);
}

/** Refuses a value that is no uint32. */
export function assertUint32(value: number, name: string, where = 'random'): void {
  if (value >>> 0 !== value) {
    throw new VaeError(
      'bad-option',
      `${where}: ${name} is ${shown(value)}, expected a whole number from 0 to 2^32 - 1.`,
    );
  }
}
