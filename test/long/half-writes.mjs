import fs from 'node:fs';
import { buffer } from 'node:stream/consumers';

const { promises } = fs;
const { open, writeFile } = promises;

/** @param {string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>} content */
const bytesOf = (content) =>
  typeof content === 'string' || content instanceof Uint8Array ? Buffer.from(content) : buffer(content);

/**
 * Writes new files in halves. Modules see it after `syncBuiltinESMExports`.
 *
 * @param {(path: string) => boolean} isWatched whether a file that is created is one of these
 * @param {(what: string) => void | Promise<void>} reached told of each moment, and waited for
 */
export function writeInHalves(isWatched, reached) {
  const watched = new WeakSet();
  promises.open = async (path, flags, ...rest) => {
    const file = await open(path, flags, ...rest);
    if (flags !== 'wx' || !isWatched(String(path))) return file;
    watched.add(file);
    const sync = file.sync.bind(file);
    file.sync = async () => {
      await reached('before fsync');
      await sync();
      await reached('after fsync');
    };
    return file;
  };
  promises.writeFile = async (file, content, ...rest) => {
    if (!watched.has(file)) return writeFile(file, content, ...rest);
    await reached('before the first byte');
    const bytes = await bytesOf(content);
    const half = bytes.length >> 1;
    await file.write(bytes.subarray(0, half));
    await reached('half written');
    await writeFile(file, bytes.subarray(half));
  };
}
