import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { TrainerError } from '../errors.js';
import { makeFolder } from '../files/make-folder.js';
import type { OpenOptions } from './dataset.js';

/** A file on the network whose content is known beforehand. */
export interface Remote {
  /** Name on the server and in the cache. */
  readonly file: string;
  /** Addresses of the folders that have it, each ending in a slash, tried in this order. */
  readonly mirrors: readonly string[];
  /** SHA-256 of the whole file, in lower-case hex. */
  readonly sha256: string;
  /** Reading stops with an error beyond this many bytes. */
  readonly maxBytes: number;
}

/** How to fetch. The times exist for tests. */
export interface DownloadOptions extends Pick<OpenOptions, 'signal' | 'onProgress' | 'onNote' | 'fetch'> {
  /** What to do where there is no network; ends the error's text. */
  readonly advice: string;
  /** An attempt is given up when this long nothing arrives; 30 s. */
  readonly stallMs?: number;
  /** Wait before every mirror is tried once more; 500 ms. */
  readonly retryMs?: number;
}

/** How often each mirror is tried. */
const ROUNDS = 2;

/**
 * Makes sure that a file is in a folder, with the right content, and says where.
 *
 * A file that is there with the right checksum is taken as it is. Otherwise it is downloaded under another name, checked,
 * synced to disk and only then renamed, so that neither a crash nor two processes at once leave half a file under its name.
 *
 * @param folder made if it does not exist
 * @throws TrainerError "download-failed" naming each address and what went wrong there; "bad-file" when the folder cannot be
 *   written; the signal's reason when it is aborted
 */
export async function fetchCached(remote: Remote, folder: string, options: DownloadOptions): Promise<string> {
  const path = join(folder, remote.file);
  const cached = await checksum(path);
  if (cached === remote.sha256) return path;
  if (cached !== undefined) {
    const note = options.onNote ?? ((text: string) => process.emitWarning(text));
    note(`${path}: the cached file does not have the expected checksum; it is downloaded again.`);
  }
  await onDisk(folder, () => makeFolder(folder));
  const failures = new Map<string, string>();
  for (let round = 0; round < ROUNDS; round++) {
    if (round > 0) await pause(options.retryMs ?? 500, options.signal);
    for (const mirror of remote.mirrors) {
      const url = mirror + remote.file;
      // The server said no, not that it is busy (408, 429): asking again will not help.
      if (/^HTTP 4(?!08|29)/.test(failures.get(url) ?? '')) continue;
      options.signal?.throwIfAborted();
      try {
        await downloadOnce(url, path, remote, options);
        return path;
      } catch (error) {
        if (error instanceof TrainerError) throw error;
        options.signal?.throwIfAborted();
        failures.set(url, reason(error));
      }
    }
  }
  const tried = [...failures].map(([url, why]) => `${url} (${why})`).join(', ');
  throw new TrainerError(
    'download-failed',
    `${remote.file} could not be downloaded: ${tried}. ${options.advice}`,
  );
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => signal?.throwIfAborted());
}

/** SHA-256 of a file in hex; undefined where there is no such file. */
async function checksum(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) return undefined;
  const hash = createHash('sha256');
  await onDisk(path, async () => {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  });
  return hash.digest('hex');
}

async function downloadOnce(
  url: string,
  path: string,
  remote: Remote,
  options: DownloadOptions,
): Promise<void> {
  const part = `${path}.${randomUUID()}.part`;
  let handle: FileHandle | undefined;
  try {
    handle = await onDisk(part, () => open(part, 'wx'));
    await receive(url, handle, part, remote, options);
    await onDisk(part, () => handle!.sync());
    await handle.close();
    handle = undefined;
    await onDisk(path, () => rename(part, path));
  } finally {
    await handle?.close();
    await rm(part, { force: true });
  }
}

/** Streams an address into a file and checks what came. Throws a plain error whose text is the reason. */
async function receive(
  url: string,
  handle: FileHandle,
  part: string,
  remote: Remote,
  options: DownloadOptions,
): Promise<void> {
  const stallMs = options.stallMs ?? 30_000;
  const stop = new AbortController();
  const abort = () => stop.abort(options.signal?.reason);
  options.signal?.addEventListener('abort', abort);
  const stalled = () => stop.abort(new Error(`nothing arrived for ${stallMs / 1000} s`));
  let timer = setTimeout(stalled, stallMs);
  try {
    // The packed file itself is wanted, so the server must not pack it once more.
    const headers = { 'accept-encoding': 'identity' };
    const response = await (options.fetch ?? fetch)(url, { signal: stop.signal, headers });
    if (!response.ok || !response.body) throw new Error(`HTTP ${response.status}`);
    const total = Number(response.headers.get('content-length')) || undefined;
    const hash = createHash('sha256');
    let loaded = 0;
    let page = response.headers.get('content-type')?.includes('text/html') ?? false;
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      clearTimeout(timer);
      timer = setTimeout(stalled, stallMs);
      if (loaded === 0) page ||= chunk[0] === '<'.charCodeAt(0);
      loaded += chunk.length;
      if (loaded > remote.maxBytes)
        throw new Error(`more than the ${remote.maxBytes} bytes expected at most`);
      hash.update(chunk);
      await onDisk(part, () => handle.writeFile(chunk));
      options.onProgress?.({ file: remote.file, loaded, total });
    }
    const sha256 = hash.digest('hex');
    if (sha256 !== remote.sha256) {
      throw new Error(
        page
          ? 'a web page came instead of the file, perhaps from a proxy or a sign-in page'
          : `wrong checksum: SHA-256 ${sha256} of ${loaded} bytes, expected ${remote.sha256}`,
      );
    }
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : error;
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', abort);
    // Ends a transfer that was given up half-way; does nothing to a finished one.
    stop.abort();
  }
}

/** Runs a step on the file system; what goes wrong there is not the server's fault and is not tried again. */
async function onDisk<T>(path: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw new TrainerError(
      'bad-file',
      `The download cache cannot be used: ${(error as Error).message.replace(/\.$/, '')} (${path}). Choose another folder with the environment variable VAE_CACHE.`,
      { cause: error },
    );
  }
}

/** "fetch failed" says nothing; its cause does. */
function reason(error: unknown): string {
  const { cause, message } = error as { cause?: { code?: string; message?: string }; message?: string };
  return cause?.message || cause?.code || message || String(error);
}
