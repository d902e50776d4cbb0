import { VaeError } from '../errors.js';
import type { Expected, ModelFolder } from './places.js';

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
    `${where}: ${expected.exactly} bytes by its manifest, more than maxBytes, which is ${maxBytes}.`,
  );
}

/** @throws VaeError "bad-model" for a size other than the expected one, or above the limit */
export function assertSize(length: number, expected: Expected, limit: number, where: string): void {
  if ('exactly' in expected && length !== expected.exactly) {
    throw new VaeError('bad-model', `${where}: ${length} bytes, the manifest says ${expected.exactly}.`);
  }
  if (length > limit) {
    throw new VaeError('bad-model', `${where}: ${length} bytes, at most ${limit} are read.`);
  }
}

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
