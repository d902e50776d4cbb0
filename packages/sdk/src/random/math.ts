/**
 * Logarithm, sine and cosine from + - x / alone, because those of JavaScript engines differ in the last bits.
 * IEEE 754 double arithmetic rounds each of these operations exactly, so every engine gets the same result.
 * The series are cut where the next term is below 1e-16 of the result.
 */

const ln2 = Math.LN2;
const squareRootOf2 = Math.SQRT2;
const halfPi = Math.PI / 2;

/** 2^-e for e = -1 to 32, at index e + 1. Exact. */
const inversePowers = new Float64Array(34);
for (let i = 0, power = 2; i < inversePowers.length; i++, power /= 2) inversePowers[i] = power;

/**
 * Natural logarithm of (word + 1/2) / 2^32 for a 32-bit word, read as unsigned; the argument is in the open interval (0, 1).
 *
 * ln(m 2^e) = e ln 2 + 2 artanh(s), s = (m - 1) / (m + 1), m in (sqrt(1/2), sqrt(2)]; |s| < 0.172, and
 * artanh(s) = s + s^3/3 + ... + s^21/21.
 */
export function logOfWord(word: number): number {
  let exponent = 31 - Math.clz32(word);
  let m = ((word >>> 0) + 0.5) * inversePowers[exponent + 1]!;
  if (m > squareRootOf2) {
    m *= 0.5;
    exponent++;
  }
  const s = (m - 1) / (m + 1);
  const q = s * s;
  let sum = 1 / 21;
  sum = sum * q + 1 / 19;
  sum = sum * q + 1 / 17;
  sum = sum * q + 1 / 15;
  sum = sum * q + 1 / 13;
  sum = sum * q + 1 / 11;
  sum = sum * q + 1 / 9;
  sum = sum * q + 1 / 7;
  sum = sum * q + 1 / 5;
  sum = sum * q + 1 / 3;
  sum = sum * q + 1;
  return (exponent - 32) * ln2 + 2 * s * sum;
}

/**
 * The nearest quarter turn of the angle 2 pi (word + 1/2) / 2^32, as 0 to 3. The rest, in -pi/4 to pi/4, is
 * `restOfTurn`.
 */
export function quarterOfTurn(word: number): number {
  return ((word + 0x20000000) | 0) >>> 30;
}

export function restOfTurn(word: number): number {
  return (((word + 0x20000000) & 0x3fffffff) - 0x20000000 + 0.5) * (halfPi / 0x40000000);
}

/** sin x = x - x^3/3! + ... - x^15/15! for |x| <= pi/4. */
export function sine(x: number): number {
  const q = x * x;
  let sum = -1 / 1307674368000;
  sum = sum * q + 1 / 6227020800;
  sum = sum * q - 1 / 39916800;
  sum = sum * q + 1 / 362880;
  sum = sum * q - 1 / 5040;
  sum = sum * q + 1 / 120;
  sum = sum * q - 1 / 6;
  return x + x * q * sum;
}

/** cos x = 1 - x^2/2! + ... + x^16/16! for |x| <= pi/4. */
export function cosine(x: number): number {
  const q = x * x;
  let sum = 1 / 20922789888000;
  sum = sum * q - 1 / 87178291200;
  sum = sum * q + 1 / 479001600;
  sum = sum * q - 1 / 3628800;
  sum = sum * q + 1 / 40320;
  sum = sum * q - 1 / 720;
  sum = sum * q + 1 / 24;
  sum = sum * q - 0.5;
  return 1 + q * sum;
}
