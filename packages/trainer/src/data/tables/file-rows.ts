import { close, constants, fstat, open, read, type Stats } from 'node:fs';
import { promisify } from 'node:util';
import { TrainerError } from '../../errors.js';
import { fileError } from '../../files/file-error.js';

const [openFile, readFile, statFile, closeFile] = [open, read, fstat, close].map((call) =>
  promisify(call as (...args: never[]) => void),
) as unknown as [
  (path: string, flags: number) => Promise<number>,
  (
    fd: number,
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ) => Promise<{ bytesRead: number }>,
  (fd: number) => Promise<Stats>,
  (fd: number) => Promise<void>,
];

/** Reads that are worth having on their way at once. */
const LANES = 8;

/** A file that is read here and there, and must stay as it is meanwhile. */
export class OpenFile {
  private constructor(
    readonly path: string,
    private readonly fd: number,
    private readonly stats: Stats,
  ) {}

  /** @throws TrainerError "bad-file" for anything but a plain file that can be read */
  static async open(path: string): Promise<OpenFile> {
    let fd: number | undefined;
    try {
      // Without O_NONBLOCK, opening a pipe waits until somebody writes to it. Windows has no such flag.
      fd = await openFile(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
      const stats = await statFile(fd);
      if (stats.isFile()) return new OpenFile(path, fd, stats);
    } catch (error) {
      const { message } = fileError(error, 'read', path) as Error;
      throw new TrainerError('bad-file', message, { cause: error });
    }
    await closeFile(fd);
    throw new TrainerError('bad-file', `Cannot read "${path}": it is not a plain file.`);
  }

  get size(): number {
    return this.stats.size;
  }

  /** @throws TrainerError "bad-file" when the file is not the one that was opened any more */
  async requireUnchanged(): Promise<void> {
    const { size, mtimeMs } = await statFile(this.fd);
    if (size === this.stats.size && mtimeMs === this.stats.mtimeMs) return;
    throw new TrainerError(
      'bad-file',
      `${this.path}: the file changed while it was read. Start again when nothing writes to it.`,
    );
  }

  /**
   * Fills `out` from a place in the file.
   *
   * @throws TrainerError "bad-file" where the file ends before
   */
  async fill(out: Uint8Array, position: number): Promise<void> {
    let held = 0;
    while (held < out.length) {
      const length = Math.min(out.length - held, 2 ** 30);
      const { bytesRead } = await readFile(this.fd, out, held, length, position + held);
      if (bytesRead === 0) {
        throw new TrainerError(
          'bad-file',
          `${this.path}: the file ends at byte ${position + held}, expected ${out.length - held} more.`,
        );
      }
      held += bytesRead;
    }
  }

  close(): Promise<void> {
    return closeFile(this.fd);
  }
}

/** What rows are read from. */
export interface RowSource {
  fill(out: Uint8Array, position: number): Promise<void>;
  requireUnchanged?(): Promise<void>;
}

/**
 * Reads rows of equal length from a file; neighbours are read together.
 *
 * @param start where row 0 begins
 * @returns the rows' bytes, one after the other
 */
export async function readRows(
  file: RowSource,
  { start, rowBytes }: { start: number; rowBytes: number },
  indices: ArrayLike<number>,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(indices.length * rowBytes);
  const runs: [from: number, to: number][] = [];
  for (let i = 0; i < indices.length; i++) {
    const last = runs.at(-1);
    if (last && indices[i] === indices[i - 1] + 1) last[1] = i + 1;
    else runs.push([i, i + 1]);
  }
  let next = 0;
  const lane = async () => {
    while (next < runs.length) {
      const [from, to] = runs[next++];
      const place = bytes.subarray(from * rowBytes, to * rowBytes);
      await file.fill(place, start + indices[from] * rowBytes);
    }
  };
  await Promise.all(Array.from({ length: Math.min(LANES, runs.length) }, lane));
  await file.requireUnchanged?.();
  return bytes;
}
