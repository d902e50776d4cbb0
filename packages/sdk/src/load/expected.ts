import { VaeError } from '../errors.js';
import type { Expected, ModelFolder } from './places.js';

/** Most bytes of a manifest. */
export const manifestBytes = 2 ** 20;

/**
 * The most bytes that a file may have.
 *
 * @throws VaeError "bad-model" where the size it must have is more than is allowed
 */
export function limitOf(expected: Expected, maxBytes: number, where: string): number {
  if (!('exactly' in expected)) return Math.min(expected.atMost ?? maxBytes, maxBytes);
  if (expected.exactly <= maxBytes) return expected.exactly;
  throw new VaeError(
    'bad-model',
    `${where}: ${expected.exactly} bytes by its manifest, ${overMaxBytes(maxBytes)}.`,
  );
}

/** The cause of an error when a file has another size than the manifest says. */
export class OtherSize extends Error {
  constructor(readonly length: number) {
    super(`${length} bytes`);
  }
}

/** @throws VaeError "bad-model" for a size other than the expected one (with `OtherSize`), or above the limit */
export function assertSize(length: number, expected: Expected, limit: number, where: string): void {
  if ('exactly' in expected && length !== expected.exactly) {
    const what =
      length < expected.exactly
        ? 'it is cut off; fetch it again'
        : 'it is another file, or was changed; fetch it again';
    throw new VaeError(
      'bad-model',
      `${where}: ${length} bytes, the manifest says ${expected.exactly}; ${what}.`,
      {
        cause: new OtherSize(length),
      },
    );
  }
  if (length <= limit) return;
  const most = isMaxBytes(limit, expected) ? overMaxBytes(limit) : `at most ${limit} are read`;
  throw new VaeError('bad-model', `${where}: ${length} bytes, ${most}.`);
}

/** Whether a limit is that of the option, not that of the file. */
export function isMaxBytes(limit: number, expected: Expected): boolean {
  return !('exactly' in expected) && limit !== expected.atMost;
}

export const overMaxBytes = (maxBytes: number): string =>
  `more than maxBytes, which is ${maxBytes}; pass a larger maxBytes`;

/** @throws VaeError "bad-model" for a checksum other than the expected one */
export function assertSha256(digest: string, expected: Expected, where: string): void {
  if (expected.sha256 !== undefined && digest !== expected.sha256) {
    throw new VaeError('bad-model', `${where}: sha256 is ${digest}, the manifest says ${expected.sha256}.`);
  }
}

/** A folder whose files are compared with the checksum that is expected of them. */
export function verified(folder: ModelFolder, sha256: (bytes: Uint8Array) => Promise<string>): ModelFolder {
  return {
    ...folder,
    async read(name, expected, signal) {
      const bytes = await folder.read(name, expected, signal);
      if (expected.sha256 !== undefined) {
        assertSha256(await sha256(bytes), expected, `${folder.where} ${name}`);
        signal?.throwIfAborted();
      }
      return bytes;
    },
  };
}
