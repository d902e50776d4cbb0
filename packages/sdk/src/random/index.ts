/**
 * Counter-based random numbers: a number depends on its key and its place only, never on what was drawn before,
 * so a resumed run, another device and eight workers draw the same ones.
 *
 * To repeat them elsewhere (all integers unsigned, all real arithmetic IEEE 754 double, no fused multiply-add):
 *
 * 1. key words: k0 = seed mod 2^32, k1 = floor(seed / 2^32).
 * 2. counter words of block b: (b, index, step, FNV-1a-32 of the stream's UTF-8 name).
 * 3. w0..w3 = Philox4x32-10(counter, key). Elements 4b..4b+3 of the sequence come from block b.
 * 4. uniform: u_i = (floor(w_i / 2^9) + 1/2) / 2^23.
 * 5. normal, for the pairs (w0, w1) and (w2, w3): r = sqrt(-2 ln((w_even + 1/2) / 2^32)),
 *    a = 2 pi (w_odd + 1/2) / 2^32; the pair's elements are r cos a, r sin a, rounded to float32.
 *    With any ln, sin, cos good to 1e-12 nearly all values agree to the last bit and the rest to one unit in the
 *    last place; `math.ts` has the exact series for when every bit counts.
 * 6. permutation: see `permutation`.
 */
export { fillNormal, fillUniform, normal, uniform } from './fill.js';
export { freshSeed, type NoiseKey, streamId } from './key.js';
export { permutation } from './permutation.js';
export { philox4x32, type Words2, type Words4 } from './philox.js';
