import { VaeError } from './errors.js';
import { nearest } from './nearest.js';

/**
 * The options that a caller passed, `{}` for none. JavaScript callers pass anything, so this looks before names are
 * taken out.
 *
 * @param known names of all options; a name that is not among them is refused with the nearest one
 * @throws VaeError "bad-option" for what is no object, for an unknown name, and for a `signal` that is no AbortSignal
 */
export function optionsOf<T extends object>(
  options: T | undefined,
  where: string,
  known?: readonly (keyof T & string)[],
): T {
  if (options === undefined) return {} as T;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    const came = Array.isArray(options) ? 'an array' : options === null ? 'null' : `a ${typeof options}`;
    throw new VaeError('bad-option', `${where}: the options are ${came}, expected an object.`);
  }
  const { signal } = options as { signal?: Partial<AbortSignal> | null };
  if (signal !== undefined && typeof signal?.throwIfAborted !== 'function') {
    throw new VaeError('bad-option', `${where}: signal is ${String(signal)}, expected an AbortSignal.`);
  }
  if (known) assertKnown(Object.keys(options), known, where);
  return options;
}

/** Refuses what is neither true nor false, where something is given at all. */
export function assertBoolean(value: unknown, name: string, where: string): void {
  if (value === undefined || typeof value === 'boolean') return;
  throw new VaeError('bad-option', `${where}: ${name} is ${JSON.stringify(value)}, expected true or false.`);
}

function assertKnown(names: readonly string[], known: readonly string[], where: string): void {
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const close = nearest(unknown, known);
  const hint = close ? `did you mean '${close}'?` : `known are: ${known.join(', ') || 'none'}.`;
  throw new VaeError('bad-option', `${where}: there is no option '${unknown}'; ${hint}`);
}
