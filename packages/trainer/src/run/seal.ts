import { createHash } from 'node:crypto';
import { type Zippable, zipSync } from 'fflate';

const MARK = 'sha256:';
const DIGITS = 64;
/** What ends a zip file that has no comment as a whole. */
const END = 22;

// A fixed date, so that the same files give the same bytes.
const options = { level: 0, mtime: '1980-01-01T00:00:00' } as const;

/** The SHA-256 of all bytes but those where it stands itself. */
function digest(bytes: Uint8Array): string {
  const hash = createHash('sha256').update(bytes.subarray(0, -END - DIGITS));
  return hash.update(bytes.subarray(-END)).digest('hex');
}

const textAt = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.subarray(start, end)).toString('latin1');

/**
 * A zip file with the SHA-256 of its bytes in it, so that damage anywhere is seen before anything is read: it is the
 * comment of the last file, which stands before the end of the list of files.
 *
 * @param files names and contents, one file at least; they are not compressed
 * @see PKWARE, APPNOTE.TXT 6.3.10, section 4.3.6
 * @example isWhole(sealedZip({ 'a.txt': bytes })) // true
 */
export function sealedZip(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const [last, content] = Object.entries(files).at(-1)!;
  const commented: Zippable = { ...files, [last]: [content, { comment: MARK + '0'.repeat(DIGITS) }] };
  const bytes = zipSync(commented, options);
  bytes.set(Buffer.from(digest(bytes)), bytes.length - END - DIGITS);
  return bytes;
}

/** Whether a file has such a checksum, be it the right one or not. */
export const isSealed = (bytes: Uint8Array): boolean =>
  textAt(bytes, -END - DIGITS - MARK.length, -END - DIGITS) === MARK;

/** Whether the bytes are those that were sealed. */
export const isWhole = (bytes: Uint8Array): boolean =>
  isSealed(bytes) && textAt(bytes, -END - DIGITS, -END) === digest(bytes);
