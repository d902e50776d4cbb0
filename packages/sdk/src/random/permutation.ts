import { assertKey, assertUint32, highWord, type NoiseKey, streamId } from './key.js';
import { philoxBlock } from './philox.js';

/**
 * A random order of 0 to n - 1, every order equally likely: Fisher-Yates from the end, on the key's words in
 * sequence (word w is number w mod 4 of block floor(w / 4)). For i = n - 1 down to 1 the partner is
 * word mod (i + 1); words at or above the largest multiple of i + 1 are skipped, so that nothing is favoured.
 *
 * @param n whole number, 0 to 2^32 - 1
 * @throws VaeError "bad-option" for n, seed, step or index outside its limits
 * @see Durstenfeld 1964, CACM 7(7), algorithm 235
 * @example permutation(60000, { seed: 0, stream: 'order', step: epoch })
 */
export function permutation(n: number, key: NoiseKey): Uint32Array {
  const { seed, step = 0, index = 0 } = key;
  assertUint32(n, 'n');
  assertKey(key);
  const id = streamId(key.stream);
  const words = new Int32Array(4);
  let used = 0;
  const nextWord = (): number => {
    if (used % 4 === 0) philoxBlock(words, used / 4, index, step, id, seed, highWord(seed));
    return words[used++ % 4]! >>> 0;
  };
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const choices = i + 1;
    const limit = 4294967296 - (4294967296 % choices);
    let word = nextWord();
    while (word >= limit) word = nextWord();
    const j = word % choices;
    const other = order[j]!;
    order[j] = order[i]!;
    order[i] = other;
  }
  return order;
}
