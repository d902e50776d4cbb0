import { VaeError } from '../errors.js';
import type { Expected, ModelFolder } from './places.js';

/** Most bytes of a manifest. */
export const manifestBytes = 2 ** 20;

/**
 * The most bytes that a file may have.
 *
 * @throws VaeError "bad-model" where the size it must have is more than is allowed
 */
export async function limitOf(expected: Expected, maxBytes: number, where: string): Promise<number> {
  if (!('exactly' in expected)) return Math.min(expected.atMost ?? maxBytes, maxBytes);
  if (expected.exactly <= maxBytes) return expected.exactly;
  const { aboveMaxBytes } = await import('./refusals.js');
  throw new VaeError('bad-model', `${where}: ${aboveMaxBytes(expected.exactly, maxBytes)}.`);
}

/** The cause of an error when a file has another size than the manifest says. */
export class OtherSize extends Error {
  constructor(readonly length: number) {
    super(String(length));
  }
}

/** @throws VaeError "bad-model" for a size other than the expected one (with `OtherSize`), or above the limit */
export async function assertSize(
  length: number,
  expected: Expected,
  limit: number,
  where: string,
): Promise<void> {
  const isOther = 'exactly' in expected && length !== expected.exactly;
  if (!isOther && length <= limit) return;
  const { wrongSize } = await import('./refusals.js');
  const cause = isOther ? new OtherSize(length) : undefined;
  throw new VaeError('bad-model', `${where}: ${wrongSize(length, expected, limit)}.`, { cause });
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
