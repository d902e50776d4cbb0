import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { TrainerError } from '../errors.js';
import { fileError } from './file-error.js';
import { readInto } from './read-into.js';

/**
 * Reads a file whole. Folders, pipes and devices are refused, so that reading always comes to an end.
 *
 * @param maxBytes the largest file that is read
 * @throws TrainerError "bad-file" for anything but a file, for one larger than `maxBytes`, and when the system refuses
 * @example const bytes = await readPlainFile('digit.png', { maxBytes: 2 ** 28 });
 */
export async function readPlainFile(path: string, { maxBytes }: { maxBytes: number }): Promise<Buffer> {
  let file: FileHandle | undefined;
  try {
    // Without O_NONBLOCK, opening a pipe waits until somebody writes to it. Windows has no such flag.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stats = await file.stat();
    refuse(path, stats, maxBytes);
    const bytes = Buffer.allocUnsafe(stats.size);
    return bytes.subarray(0, await readInto(file, bytes, 0));
  } catch (error) {
    throw fileError(error, 'read', path);
  } finally {
    await file?.close();
  }
}

function refuse(path: string, stats: Stats, maxBytes: number): void {
  if (stats.isDirectory()) throw new TrainerError('bad-file', `Cannot read "${path}": it is a folder.`);
  if (!stats.isFile()) throw new TrainerError('bad-file', `Cannot read "${path}": it is not a plain file.`);
  if (stats.size > maxBytes) {
    throw new TrainerError(
      'bad-file',
      `Cannot read "${path}": it holds ${stats.size} bytes, more than the ${maxBytes} that are read here.`,
    );
  }
}
