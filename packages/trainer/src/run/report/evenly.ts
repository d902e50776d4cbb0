/**
 * Some of a list, at equal distances, the first and the last among them; the whole list where it is no longer.
 *
 * @param count 2 or more
 * @example evenly([0, 1, 2, 3, 4], 3) // [0, 2, 4]
 */
export function evenly<T>(list: readonly T[], count: number): T[] {
  if (list.length <= count) return [...list];
  return Array.from({ length: count }, (_, i) => list[Math.round((i * (list.length - 1)) / (count - 1))]);
}
