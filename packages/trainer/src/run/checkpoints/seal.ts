import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import { readInto } from '../../files/read-into.js';

const MARK = 'sha256:';
const DIGITS = 64;
/** What ends a zip file that has no comment as a whole; that of one above 4 GiB is the longer. */
const ENDS = [22, 56 + 20 + 22] as const;
/** So many bytes at the end tell whether a file is sealed, and hold all that its checksum stands in. */
const LAST = MARK.length + DIGITS + ENDS[1];
/** Bytes that are hashed, written and read at once. */
const PIECE = 2 ** 20;

// A fixed date, in local time as the format has it, so that the same files give the same bytes.
const stored = { compress: false, mtime: new Date(1980, 0, 1), forceDosTimestamp: true } as const;

/** A file's name and its content, which is all of these one after the other. */
export type ZippedFile = readonly [name: string, content: readonly Uint8Array[]];

function* inPieces(content: readonly Uint8Array[]): Generator<Uint8Array> {
  for (const bytes of content)
    for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
}

/** Where the checksum stands in the last bytes of a file. */
const placeIn = (last: Buffer): number | undefined =>
  ENDS.map((end) => last.length - end - DIGITS).find(
    (place) => last.toString('latin1', place - MARK.length, place) === MARK,
  );

/**
 * A zip file with the SHA-256 of its bytes in it, so that damage anywhere is seen before anything is read: it is the
 * comment of the last file, which stands before the end of the list of files. Nothing is compressed or copied; the
 * contents must stay as they are until all is read.
 *
 * @param files one at least
 * @returns the bytes, made as they are read
 * @see PKWARE, APPNOTE.TXT 6.3.10, section 4.3.6
 * @example await writeFile('a.zip', sealedZip([['a.txt', [bytes]]]))
 */
export function sealedZip(files: readonly ZippedFile[]): AsyncIterable<Uint8Array> {
  const zip = new ZipFile();
  for (const [index, [name, content]] of files.entries()) {
    const fileComment = index === files.length - 1 ? MARK + '0'.repeat(DIGITS) : '';
    const size = content.reduce((sum, { length }) => sum + length, 0);
    zip.addReadStreamLazy(name, { ...stored, fileComment, size }, (give) =>
      give(undefined, Readable.from(inPieces(content))),
    );
  }
  const output = zip.outputStream as Readable;
  // What yazl finds wrong does not end its output by itself.
  zip.on('error', (error) => output.destroy(error));
  zip.end();
  return sealed(output);
}

/** Puts the SHA-256 of all bytes but its own digits in its place, which is among the last ones. */
async function* sealed(zip: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let end = Buffer.alloc(0);
  for await (const chunk of zip) {
    // The last bytes are held back, for their checksum is known when all others are.
    const kept = Math.max(0, LAST - chunk.length);
    for (const bytes of [end.subarray(0, -kept || undefined), chunk.subarray(0, -LAST)]) {
      hash.update(bytes);
      yield bytes;
    }
    end = Buffer.concat([kept === 0 ? Buffer.alloc(0) : end.subarray(-kept), chunk.subarray(-LAST)]);
  }
  const place = placeIn(end)!;
  hash.update(end.subarray(0, place)).update(end.subarray(place + DIGITS));
  end.write(hash.digest('hex'), place);
  yield end;
}

/**
 * Whether the bytes of a file are those that were sealed.
 *
 * @returns undefined for a file that has no such checksum
 */
export async function isWhole(file: FileHandle): Promise<boolean | undefined> {
  const { size } = await file.stat();
  const last = Buffer.alloc(Math.min(size, LAST));
  await readInto(file, last, size - last.length);
  const place = placeIn(last);
  if (place === undefined) return undefined;
  const hash = createHash('sha256');
  for await (const piece of read(file, 0, size - last.length)) hash.update(piece);
  hash.update(last.subarray(0, place)).update(last.subarray(place + DIGITS));
  return last.toString('latin1', place, place + DIGITS) === hash.digest('hex');
}

/** The bytes of a part of a file, piece by piece in one place. */
async function* read(file: FileHandle, start: number, end: number): AsyncGenerator<Uint8Array> {
  const piece = new Uint8Array(Math.min(PIECE, end - start));
  for (let at = start; at < end; at += PIECE) {
    const wanted = piece.subarray(0, Math.min(PIECE, end - at));
    yield wanted.subarray(0, await readInto(file, wanted, at));
  }
}
