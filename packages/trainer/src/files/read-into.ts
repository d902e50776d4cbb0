import type { FileHandle } from 'node:fs/promises';

/** One call to the system reads at most so much; Linux itself stops a little under 2 GiB. */
const READ_BYTES = 2 ** 30;

/**
 * Fills `bytes` from a place in an open file.
 *
 * @returns how many bytes there were: fewer where the file ends before
 * @example const held = await readInto(file, new Uint8Array(22), 100);
 */
export async function readInto(file: FileHandle, bytes: Uint8Array, position: number): Promise<number> {
  let held = 0;
  while (held < bytes.length) {
    const length = Math.min(bytes.length - held, READ_BYTES);
    const { bytesRead } = await file.read(bytes, held, length, position + held);
    if (bytesRead === 0) break;
    held += bytesRead;
  }
  return held;
}
