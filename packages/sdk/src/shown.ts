/** A value as an error shows it, so that the text '7' and the big integer 7n are told from the number. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  return typeof value === 'bigint' ? `${value}n` : String(value);
}

/** Longer than the paths that people write, so that it may be anything. */
const longest = 256;

export const isTooLong = (path: string): boolean => path.length > longest;

/** A path as an error begins with it: whole, but for what is no path by its length. */
export function shownPath(path: string): string {
  if (path.trim() === '') return `'${path}'`;
  return isTooLong(path) ? `${path.slice(0, 80)}… (${path.length} characters)` : path;
}
