/** How many samples an engine looks at in one call. */
const CHUNK = 200;

/** `from`, `from + 1`, … below `end`. */
export const range = (from: number, end: number): number[] =>
  Array.from({ length: end - from }, (_, i) => from + i);

/** The numbers below `size` in order, so many at a time as an engine looks at in one call. */
export function* chunksOf(size: number): Generator<number[]> {
  for (let start = 0; start < size; start += CHUNK) yield range(start, Math.min(start + CHUNK, size));
}
