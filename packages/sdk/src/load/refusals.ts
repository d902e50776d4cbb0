import type { Expected } from './places.js';

// What is said of files that are refused. Loaded when it is needed; imports nothing, as `explainWasm` does not.

const overMaxBytes = (maxBytes: number): string =>
  `more than maxBytes, which is ${maxBytes}; pass a larger maxBytes`;

/** Whether a limit is that of the option, not that of the file. */
const isMaxBytes = (limit: number, expected: Expected): boolean =>
  !('exactly' in expected) && limit !== expected.atMost;

/** Of a size by the manifest. */
export const aboveMaxBytes = (exactly: number, maxBytes: number): string =>
  `${exactly} bytes by its manifest, ${overMaxBytes(maxBytes)}`;

/** Of a file that goes on behind its limit. */
export const aboveLimit = (limit: number, expected: Expected): string =>
  isMaxBytes(limit, expected) ? overMaxBytes(limit) : `more than the ${limit} bytes expected`;

/** What Git LFS leaves in place of a file: lines of 43 and 76 characters, and one of 6 and the digits of its size. */
const isPointer = (length: number): boolean => length > 125 && length < 140;

export function wrongSize(length: number, expected: Expected, limit: number): string {
  if ('exactly' in expected && length !== expected.exactly) {
    const what = length < expected.exactly ? 'it is cut off' : 'it is another file, or was changed';
    const how = isPointer(length) ? ' (with "git lfs pull", as it has the size of a Git LFS pointer)' : '';
    return `${length} bytes, the manifest says ${expected.exactly}; ${what}; fetch it again${how}`;
  }
  const most = isMaxBytes(limit, expected) ? overMaxBytes(limit) : `at most ${limit} are read`;
  return `${length} bytes, ${most}`;
}

export const pageInstead =
  'the server answered an HTML page instead of the file, perhaps because it has no such file or wants a sign-in; ' +
  'check the address';

/**
 * A browser does not tell a page whether another host was silent or forbade the page to read its answer.
 *
 * @param origin that of the page; none where no browser keeps pages apart
 */
export function unanswered(thrown: unknown, url: URL, origin = globalThis.origin): unknown {
  if (!(thrown instanceof TypeError) || origin === undefined || url.origin === origin) return thrown;
  return new TypeError(
    `${thrown.message}; if ${url.host} can be reached at all, its answers must say that this page may read them ` +
      `(Access-Control-Allow-Origin: ${origin})`,
  );
}

export const perhapsMissing =
  'Some servers answer so for a file that is not there: without a vae.json pass { encoder, decoder } with the ' +
  "files' addresses.";

export const sources =
  'expected a folder, a URL, hf:owner/name, a bundled name, { manifest, encoder, decoder } with the bytes, ' +
  '{ encoder, decoder } for ONNX files without a manifest, or a list of Files';
