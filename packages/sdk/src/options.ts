import { VaeError } from './errors.js';

/**
 * The options that a caller passed, `{}` for none. JavaScript callers pass anything, so this looks before names are
 * taken out.
 *
 * @throws VaeError "bad-option" for what is no object, and for a `signal` that is no AbortSignal
 */
export function optionsOf<T extends object>(options: T | undefined, where: string): T {
  if (options === undefined) return {} as T;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    const came = Array.isArray(options) ? 'an array' : options === null ? 'null' : `a ${typeof options}`;
    throw new VaeError('bad-option', `${where}: the options are ${came}, expected an object.`);
  }
  const { signal } = options as { signal?: Partial<AbortSignal> | null };
  if (signal !== undefined && typeof signal?.throwIfAborted !== 'function') {
    throw new VaeError('bad-option', `${where}: signal is ${String(signal)}, expected an AbortSignal.`);
  }
  return options;
}
