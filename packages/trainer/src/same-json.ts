/**
 * True when two values are the same once written as JSON, where what is undefined is left out.
 *
 * @example sameJson({ seed: 1, ema: undefined }, { seed: 1 }) // true
 */
export const sameJson = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
