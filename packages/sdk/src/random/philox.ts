import { VaeError } from '../errors.js';

/** Four uint32 words, least significant first. */
export type Words4 = readonly [number, number, number, number];
/** Two uint32 words, least significant first. */
export type Words2 = readonly [number, number];

const multiplier0 = 0xd2511f53 | 0;
const multiplier1 = 0xcd9e8d57 | 0;
const weyl0 = 0x9e3779b9 | 0;
const weyl1 = 0xbb67ae85 | 0;

const m0Low = multiplier0 & 0xffff;
const m0High = multiplier0 >>> 16;
const m1Low = multiplier1 & 0xffff;
const m1High = multiplier1 >>> 16;

/**
 * One block of Philox4x32-10, written into `out`. Words go in and come out as their
 * int32 bit patterns, which engines keep in registers. Allocates nothing.
 *
 * @see Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", SC11
 */
export function philoxBlock(
  out: Int32Array,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
): void {
  c0 |= 0;
  c1 |= 0;
  c2 |= 0;
  c3 |= 0;
  k0 |= 0;
  k1 |= 0;
  for (let round = 0; round < 10; round++) {
    // The upper half of a 32 x 32 bit product from products of 16-bit halves; no sum exceeds 2^32 - 1.
    const a = c0 & 0xffff;
    const b = c0 >>> 16;
    const u0 = Math.imul(b, m0Low) + (Math.imul(a, m0Low) >>> 16);
    const v0 = Math.imul(a, m0High) + (u0 & 0xffff);
    const high0 = (Math.imul(b, m0High) + (u0 >>> 16) + (v0 >>> 16)) | 0;
    const low0 = Math.imul(c0, multiplier0);

    const c = c2 & 0xffff;
    const d = c2 >>> 16;
    const u1 = Math.imul(d, m1Low) + (Math.imul(c, m1Low) >>> 16);
    const v1 = Math.imul(c, m1High) + (u1 & 0xffff);
    const high1 = (Math.imul(d, m1High) + (u1 >>> 16) + (v1 >>> 16)) | 0;
    const low1 = Math.imul(c2, multiplier1);

    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + weyl0) | 0;
    k1 = (k1 + weyl1) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/**
 * Philox4x32-10: four pseudo-random uint32 words from a counter and a key.
 *
 * @param counter four uint32
 * @param key two uint32
 * @throws VaeError "bad-option" when a word is no uint32
 * @see Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", SC11
 * @example philox4x32([0, 0, 0, 0], [0, 0]) // [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]
 */
export function philox4x32(counter: Words4, key: Words2): [number, number, number, number] {
  for (const word of [...counter, ...key]) {
    if (word >>> 0 !== word) throw new VaeError('bad-option', `philox4x32: ${word} is no uint32.`);
  }
  const out = new Int32Array(4);
  philoxBlock(out, counter[0], counter[1], counter[2], counter[3], key[0], key[1]);
  return [out[0]! >>> 0, out[1]! >>> 0, out[2]! >>> 0, out[3]! >>> 0];
}
