import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl';
import { readInto } from '../../files/read-into.js';

/** Bytes that are read at once; some chunks are under way. */
const CHUNK = 2 ** 16;

type Done = (error: Error | null) => void;

/** An open file. yauzl's own reader ends the process where a damaged file names a place that no file has. */
class Archive extends RandomAccessReader {
  constructor(private readonly file: FileHandle) {
    super();
  }

  override read(buffer: Buffer, offset: number, length: number, position: number, done: Done): void {
    readInto(this.file, buffer.subarray(offset, offset + length), position).then(
      (held) => done(held < length ? new Error('it ends too early') : null),
      done,
    );
  }

  private async *chunks(start: number, end: number): AsyncGenerator<Uint8Array> {
    for (let at = start; at < end; at += CHUNK) {
      const bytes = new Uint8Array(Math.min(CHUNK, end - at));
      yield bytes.subarray(0, await readInto(this.file, bytes, at));
    }
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.chunks(start, end));
  }
}

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
export async function unzip(file: FileHandle): Promise<Map<string, Uint8Array>> {
  const { size } = await file.stat();
  const zip = await fromRandomAccessReaderPromise(new Archive(file), size, { autoClose: false });
  const files = new Map<string, Uint8Array>();
  for await (const entry of zip.eachEntry()) files.set(entry.fileName, await read(zip, entry));
  return files;
}
