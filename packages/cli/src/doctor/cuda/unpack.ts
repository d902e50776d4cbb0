import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { basename, join } from 'node:path';
import { UsageError } from '@vae/trainer/terminal';
import { Unzip, type UnzipDecoder, UnzipInflate } from 'fflate';

/**
 * Writes some files of a zip archive into a folder while the archive arrives; no whole file is ever in memory.
 *
 * @param names file names without folders; each must be in the archive
 * @param folder must have none of them; it keeps what came of an archive that turns out to be damaged
 * @throws UsageError for a damaged archive and one that lacks a file; what the iteration throws, and the system
 */
export async function unpack(
  archive: AsyncIterable<Uint8Array>,
  names: readonly string[],
  folder: string,
): Promise<void> {
  const handles = new Map<string, number>();
  const whole = new Set<string>();
  const isWanted = (name: string) => names.includes(name) && !handles.has(name);
  const unzip = new Unzip((file) => {
    const name = basename(file.name);
    if (!isWanted(name)) {
      file.ondata = () => {};
    } else {
      const handle = openSync(join(folder, name), 'wx', 0o644);
      handles.set(name, handle);
      file.ondata = (error, data, last) => {
        if (error) throw error;
        for (let from = 0; from < data.length; ) from += writeSync(handle, data, from);
        if (!last) return;
        fsyncSync(handle);
        whole.add(name);
      };
    }
    // Also where it is not wanted: a file that nobody starts is kept in memory.
    file.start();
  });
  unzip.register(inflating((name) => names.includes(basename(name))));
  const push = (chunk: Uint8Array, last: boolean) => {
    try {
      unzip.push(chunk, last);
    } catch (error) {
      throw damaged(error);
    }
  };
  try {
    for await (const chunk of archive) push(chunk, false);
    push(new Uint8Array(), true);
  } finally {
    for (const handle of handles.values()) closeSync(handle);
  }
  const missing = names.find((name) => !whole.has(name));
  if (missing !== undefined) throw new UsageError(`The downloaded wheel holds no ${missing}.`);
}

/** A decoder that does no work for files that are not wanted. */
function inflating(isWanted: (name: string) => boolean) {
  return class implements UnzipDecoder {
    static compression = UnzipInflate.compression;
    ondata: UnzipDecoder['ondata'] = () => {};
    readonly #inflate = new UnzipInflate();
    readonly #wanted: boolean;

    constructor(name: string) {
      this.#wanted = isWanted(name);
      this.#inflate.ondata = (...event) => this.ondata(...event);
    }

    push(chunk: Uint8Array, last: boolean): void {
      if (this.#wanted) this.#inflate.push(chunk, last);
    }
  };
}

function damaged(error: unknown): unknown {
  // What the system says of the disk is not the archive's fault.
  if ((error as NodeJS.ErrnoException).syscall !== undefined) return error;
  return new UsageError(`The downloaded wheel is damaged: ${(error as Error).message}.`, { cause: error });
}
