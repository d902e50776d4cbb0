const MAX_NAMES = 20;
const MAX_LENGTH = 40;

/** Names for an error: the first few, long ones cut off. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).map(shortened);
  return shown.join(', ') + (names.length > MAX_NAMES ? `, … (${names.length} in all)` : '');
}

/** A name for an error, cut off where it is long. */
export const shortened = (name: string): string =>
  name.length > MAX_LENGTH ? `${name.slice(0, MAX_LENGTH)}…` : name;
