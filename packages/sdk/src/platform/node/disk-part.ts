import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { reason } from '../../errors.js';
import type { Kept, Part } from '../../load/file-store.js';
import { readEntry, writeEntry } from './entry.js';
import { readPlainFile } from './file.js';
import { makeFolder } from './make-folder.js';

export interface DiskPartOptions {
  /** Told that a file cannot be kept, and why. */
  readonly warn: (text: string) => void;
  /** After how many bytes an unfinished file is secured; 8 MiB. */
  readonly secureEvery?: number;
}

const secureEvery = 8 * 2 ** 20;
/** Nobody writes to an unfinished file any more that has not changed for this long. */
const abandonedAfterMs = 60_000;

/**
 * A file on its way into a disk store: `<name>.<process>.<random>.part`, with an entry that says how much of it has
 * certainly reached the disk. Each writer has a name of its own. One that died leaves its file behind, and the next
 * one takes it over by renaming it, which only one can do.
 */
export class DiskPart implements Part {
  readonly left: Part['left'];
  readonly #target: string;
  readonly #path: string;
  readonly #url: URL;
  readonly #options: DiskPartOptions;
  #file: FileHandle | undefined;
  #validator: string | undefined;
  #length: number;
  #secured: number;
  #state: 'open' | 'failed' | 'ended' = 'open';

  private constructor(target: string, path: string, url: URL, options: DiskPartOptions, left: Part['left']) {
    this.#target = target;
    this.#path = path;
    this.#url = url;
    this.#options = options;
    this.left = left;
    this.#validator = left?.validator;
    this.#length = left?.bytes.length ?? 0;
    this.#secured = this.#length;
  }

  /** @param target where the whole file is to be */
  static async begin(target: string, url: URL, limit: number, options: DiskPartOptions): Promise<DiskPart> {
    const path = `${target}.${process.pid}.${randomBytes(6).toString('hex')}.part`;
    const left = await takeOver(target, path, url, limit);
    return new DiskPart(target, path, url, options, left);
  }

  restart(validator: string | undefined): Promise<void> {
    return this.#try(async () => {
      await this.#close();
      await makeFolder(dirname(this.#path));
      this.#file = await open(this.#path, 'w');
      this.#validator = validator;
      this.#length = 0;
      this.#secured = 0;
    });
  }

  write(chunk: Uint8Array): Promise<void> {
    return this.#try(async () => {
      this.#file ??= await open(this.#path, 'r+');
      await writeAll(this.#file, chunk, this.#length);
      this.#length += chunk.length;
      if (this.#length - this.#secured >= (this.#options.secureEvery ?? secureEvery)) await this.#secure();
    });
  }

  keep({ bytes, validator, sha256 }: Kept): Promise<void> {
    return this.#try(async () => {
      await this.#file?.sync();
      await this.#close();
      await rename(this.#path, this.#target);
      const entry = {
        url: this.#url.href,
        validator,
        bytes: bytes.length,
        sha256,
        date: new Date().toISOString(),
      };
      await writeEntry(`${this.#target}.json`, `${this.#path}.json`, entry);
      await syncFolder(dirname(this.#target));
      this.#state = 'ended';
      for (const path of await abandoned(this.#target, /\.part(\.json|\.tmp)?$/))
        await rm(path, { force: true });
    });
  }

  async end(resumable: boolean): Promise<void> {
    await this.#try(async () => {
      const leave = resumable && this.#validator !== undefined && this.#length > 0;
      if (leave) await this.#secure();
      await this.#close();
      // Its age says that nobody writes to it, so that it need not wait for the next one to believe that.
      if (leave) await utimes(this.#path, 0, 0);
      else await remove(this.#path);
      this.#state = 'ended';
    });
  }

  /** Notes how much has reached the disk; what a crash leaves behind that is not trusted. */
  async #secure(): Promise<void> {
    if (this.#validator === undefined || this.#length === this.#secured) return;
    await this.#file?.datasync();
    const entry = { url: this.#url.href, validator: this.#validator, bytes: this.#length };
    await writeEntry(`${this.#path}.json`, `${this.#path}.tmp`, entry);
    this.#secured = this.#length;
  }

  /** A disk that is full or read-only costs the copy, never the model. */
  async #try(step: () => Promise<void>): Promise<void> {
    if (this.#state !== 'open') return;
    try {
      await step();
    } catch (error) {
      this.#state = 'failed';
      await this.#close();
      await remove(this.#path);
      // A part that is gone was taken over or swept away by another process, which does the same work.
      const gone = this.#length > 0 && (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (!gone) this.#options.warn(`${this.#target} cannot be kept for the next time: ${reason(error)}`);
    }
  }

  async #close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => {});
  }
}

/** The beginning of the file that a process left which no longer writes to it. */
async function takeOver(target: string, path: string, url: URL, limit: number): Promise<Part['left']> {
  for (const orphan of await abandoned(target, /\.part$/)) {
    const entry = await readEntry(`${orphan}.json`, url);
    if (entry?.validator === undefined || entry.bytes < 1 || entry.bytes > limit) continue;
    try {
      // From here on it is nobody's orphan.
      const now = new Date();
      await utimes(orphan, now, now);
      await rename(orphan, path);
      await rename(`${orphan}.json`, `${path}.json`);
      const bytes = await readPlainFile(path, { atMost: limit }, { hardLinks: false, limit });
      if (bytes.length >= entry.bytes) {
        return { bytes: bytes.subarray(0, entry.bytes), validator: entry.validator };
      }
    } catch {
      // Another process was faster, or the file is not what it should be.
    }
    await remove(path);
  }
  return undefined;
}

/** What belongs to unfinished copies of a file that nobody writes to. */
async function abandoned(target: string, ending: RegExp): Promise<string[]> {
  const folder = dirname(target);
  const found: string[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(`${basename(target)}.`) || !/\.\d+\.[0-9a-f]{12}\.part/.test(name)) continue;
    if (!ending.test(name)) continue;
    const status = await stat(join(folder, name)).catch(() => undefined);
    if (status && Date.now() - status.mtimeMs > abandonedAfterMs) found.push(join(folder, name));
  }
  return found;
}

async function remove(part: string): Promise<void> {
  for (const path of [part, `${part}.json`, `${part}.tmp`]) await rm(path, { force: true }).catch(() => {});
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}

/** Makes a rename survive a power cut. Not every system can do this to a folder; the rename stands anyway. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined);
  await folder?.sync().catch(() => {});
  await folder?.close();
}
