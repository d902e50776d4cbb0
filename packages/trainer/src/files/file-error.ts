import { TrainerError } from '../errors.js';
import { systemReason } from './system-reason.js';

/**
 * Turns a file system error into a one-line error for the user; any other error comes back unchanged.
 *
 * @param action what was tried: 'read', 'write'
 * @example try { readFileSync(path) } catch (error) { throw fileError(error, 'read', path) }
 */
export function fileError(error: unknown, action: string, path: string): unknown {
  const reason = systemReason(error);
  if (reason === undefined) return error;
  return new TrainerError('bad-file', `Cannot ${action} "${path}": ${reason}.`, { cause: error });
}
