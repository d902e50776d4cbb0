import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { VaeError } from '../../errors.js';
import { assertSize } from '../../load/expected.js';
import type { Expected } from '../../load/places.js';
import { systemReason } from './system-reason.js';

/** What to do about links in a folder. Names in a folder or a manifest may be anybody's; a caller's paths are his own. */
export const withoutLinks =
  'load a copy of the folder without links (cp -rL), or a model without vae.json as { encoder, decoder } with the ' +
  "files' paths.";

export interface PlainFile {
  readonly symbolicLinks?: boolean;
  readonly hardLinks: boolean;
  readonly limit: number;
}

/**
 * Reads a file that must be a plain one: no device, no pipe and (unless allowed) no symbolic link and no second hard
 * link. What is checked is the opened file itself, so nothing can be exchanged between check and read.
 */
export async function readPlainFile(
  path: string,
  expected: Expected,
  { symbolicLinks = false, hardLinks, limit }: PlainFile,
): Promise<Uint8Array> {
  const file = await openPlain(path, symbolicLinks);
  try {
    const status = await file.stat();
    if (!status.isFile()) {
      const what = status.isDirectory() ? 'a folder, expected a file' : 'not a regular file';
      throw new VaeError('bad-model', `${path}: ${what}.`);
    }
    if (status.nlink > 1 && !hardLinks) {
      throw new VaeError(
        'bad-model',
        `${path}: has ${status.nlink} hard links, so it can change from elsewhere; ${withoutLinks}`,
      );
    }
    await assertSize(status.size, expected, limit, path);
    return await readWhole(file, status.size, path);
  } finally {
    await file.close();
  }
}

async function openPlain(path: string, follow: boolean): Promise<FileHandle> {
  // Windows has neither flag; there the link is looked for beforehand.
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  try {
    const link = !follow && O_NOFOLLOW === 0 && (await lstat(path)).isSymbolicLink();
    // Without O_NONBLOCK the opening of a named pipe would wait for ever.
    if (!link) return await open(path, O_RDONLY | (follow ? 0 : O_NOFOLLOW) | O_NONBLOCK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new VaeError('not-found', `${path}: no such file.`, { cause });
    if (follow || code !== 'ELOOP')
      throw new VaeError('bad-model', `${path}: cannot be opened: ${systemReason(cause)}.`, { cause });
  }
  throw new VaeError('bad-model', `${path}: a symbolic link; ${withoutLinks}`);
}

async function readWhole(file: FileHandle, size: number, path: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let at = 0;
  while (at < size) {
    const { bytesRead } = await file.read(bytes, at, Math.min(size - at, 2 ** 30), at);
    if (bytesRead === 0)
      throw new VaeError('bad-model', `${path}: became shorter than ${size} bytes while read.`);
    at += bytesRead;
  }
  return bytes;
}
