import type { BadStatus } from './answer.js';

/**
 * Notes in the error for how long the server asks to be left alone: in seconds, or as a date, which counts from its own clock
 * as far as it tells that.
 *
 * @returns that in milliseconds; 0 where it says neither
 *
 * @see RFC 9110, 10.2.3
 */
export function noteRetryAfter(answer: Error & Partial<Pick<BadStatus, 'header'>>): number {
  const header = (name: string) => answer.header?.(name) ?? '';
  const asked = header('retry-after');
  answer.message += `; Retry-After: ${asked}`;
  if (/^\d+$/.test(asked)) return 1000 * +asked;
  return Math.max(0, Date.parse(asked) - (Date.parse(header('date')) || Date.now()) || 0);
}
