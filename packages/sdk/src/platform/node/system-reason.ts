import { reason } from '../../errors.js';

/** Why the system refused, as in 'EACCES: permission denied', without the path that it repeats. */
export function systemReason(thrown: unknown): string {
  return reason(thrown).split(', ')[0]!;
}
