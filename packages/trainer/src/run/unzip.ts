import type { FileHandle } from 'node:fs/promises';
import { type Entry, fromFdPromise, type ZipFile } from 'yauzl';

/** Reads a file of an archive into a place of its own. */
async function read(zip: ZipFile, entry: Entry): Promise<Uint8Array> {
  // Refuses a file that would reach beyond the archive, and one that is longer or shorter than it says.
  const chunks = await zip.openReadStreamPromise(entry);
  const bytes = new Uint8Array(entry.uncompressedSize);
  let held = 0;
  for await (const chunk of chunks as AsyncIterable<Uint8Array>) {
    bytes.set(chunk, held);
    held += chunk.length;
  }
  return bytes;
}

/**
 * The files of a zip archive by their names, with little in memory beside them. Their checksums are not looked at.
 *
 * @throws Error for what is no such archive
 */
export async function unzip(archive: FileHandle): Promise<Map<string, Uint8Array>> {
  const zip = await fromFdPromise(archive.fd, { autoClose: false });
  const files = new Map<string, Uint8Array>();
  for await (const entry of zip.eachEntry()) files.set(entry.fileName, await read(zip, entry));
  return files;
}
