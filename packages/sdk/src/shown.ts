/** A value as an error shows it, so that the text '7' and the big integer 7n are told from the number. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  return typeof value === 'bigint' ? `${value}n` : String(value);
}
