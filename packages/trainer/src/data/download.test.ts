import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TrainerError } from '../errors.js';
import { type DownloadOptions, fetchCached, type Remote } from './download.js';

const content = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) >> 5));
const sha256 = createHash('sha256').update(content).digest('hex');
const advice = 'Pass test:DIR.';

/** What the loopback server does, by the first part of the path. */
const answers: Record<string, RequestListener> = {
  good: (_, response) => response.setHeader('content-length', content.length).end(content),
  other: (_, response) => response.end(content.subarray(1)),
  absent: (_, response) => response.writeHead(404).end('no such file'),
  broken: (_, response) => response.writeHead(503).end(),
  page: (_, response) => response.setHeader('content-type', 'text/html').end('<html>Please sign in</html>'),
  stall: (_, response) => response.write(content.subarray(0, 1000)),
  silent: () => undefined,
  cut: (_, response) => {
    response.setHeader('content-length', content.length);
    response.write(content.subarray(0, 1000), () => response.destroy());
  },
};

let server: Server;
let base: string;
let folder: string;
let requests: string[];
beforeEach(async () => {
  requests = [];
  folder = await mkdtemp(join(tmpdir(), 'vae-download-'));
  server = createServer((request, response) => {
    const answer = request.url!.split('/')[1];
    requests.push(answer);
    answers[answer](request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

function remote(...mirrors: string[]): Remote {
  return { file: 'data.gz', mirrors: mirrors.map((name) => `${base}/${name}/`), sha256, maxBytes: 1_000_000 };
}

function get(wanted: Remote, options: Partial<DownloadOptions> = {}): Promise<string> {
  return fetchCached(wanted, join(folder, 'cache'), { advice, retryMs: 1, stallMs: 5000, ...options });
}

/** The text of the error, after checking that nothing was left in the cache. */
async function failure(wanted: Remote, options: Partial<DownloadOptions> = {}): Promise<string> {
  const error = await get(wanted, options).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(TrainerError);
  expect((error as TrainerError).code).toBe('download-failed');
  expect(await readdir(join(folder, 'cache'))).toEqual([]);
  return (error as TrainerError).message;
}

describe('fetchCached', () => {
  it('downloads a file once, with progress, and leaves nothing else behind', async () => {
    const seen: { file: string; loaded: number; total?: number }[] = [];
    const path = await get(remote('good'), { onProgress: (progress) => seen.push(progress) });
    expect(Buffer.compare(await readFile(path), content)).toBe(0);
    expect(await readdir(join(folder, 'cache'))).toEqual(['data.gz']);
    expect(seen.at(-1)).toEqual({ file: 'data.gz', loaded: content.length, total: content.length });
    expect(await get(remote('good'))).toBe(path);
    expect(requests).toEqual(['good']);
  });

  it('goes on to the next mirror', async () => {
    await get(remote('absent', 'other', 'cut', 'good'));
    expect(requests).toEqual(['absent', 'other', 'cut', 'good']);
  });

  it('downloads a cached file with a wrong checksum again, and says so', async () => {
    const path = await get(remote('good'));
    await writeFile(path, 'damaged');
    const notes: string[] = [];
    await get(remote('good'), { onNote: (note) => notes.push(note) });
    expect(Buffer.compare(await readFile(path), content)).toBe(0);
    expect(notes).toEqual([
      `${path}: the cached file does not have the expected checksum; it is downloaded again.`,
    ]);
  });

  it('refuses a file with a wrong checksum', async () => {
    const got = createHash('sha256').update(content.subarray(1)).digest('hex');
    expect(await failure(remote('other'))).toBe(
      `data.gz could not be downloaded: ${base}/other/data.gz (wrong checksum: SHA-256 ${got} of 299999 bytes, expected ${sha256}). Pass test:DIR.`,
    );
  });

  it('names every address and what went wrong there; a 404 is not asked again, a 503 is', async () => {
    expect(await failure(remote('absent', 'broken'))).toBe(
      `data.gz could not be downloaded: ${base}/absent/data.gz (HTTP 404), ${base}/broken/data.gz (HTTP 503). Pass test:DIR.`,
    );
    expect(requests).toEqual(['absent', 'broken', 'broken']);
  });

  it('tells a web page from the file', async () => {
    expect(await failure(remote('page'))).toContain(
      '(a web page came instead of the file, perhaps from a proxy or a sign-in page)',
    );
  });

  it('gives up a transfer that is cut off', async () => {
    expect(await failure(remote('cut'))).toMatch(
      /\/cut\/data\.gz \(.*(closed|terminated|aborted|ECONNRESET).*\)/,
    );
  });

  it('gives up when nothing arrives, before or after the first bytes', async () => {
    for (const name of ['stall', 'silent']) {
      expect(await failure(remote(name), { stallMs: 100 })).toContain(
        `${base}/${name}/data.gz (nothing arrived for 0.1 s)`,
      );
    }
  });

  it('stops reading beyond the size limit', async () => {
    expect(await failure({ ...remote('good'), maxBytes: 1000 })).toContain(
      '(more than the 1000 bytes expected at most)',
    );
  });

  it('says why there is no connection', async () => {
    const offline: typeof fetch = () => {
      throw new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND example.test') });
    };
    expect(await failure(remote('good'), { fetch: offline })).toBe(
      `data.gz could not be downloaded: ${base}/good/data.gz (getaddrinfo ENOTFOUND example.test). Pass test:DIR.`,
    );
    const closed = { ...remote(), mirrors: ['http://127.0.0.1:1/'] };
    expect(await failure(closed)).toMatch(/http:\/\/127\.0\.0\.1:1\/data\.gz \(.+\)/);
  });

  it('stops when aborted, with the reason given, and leaves nothing behind', async () => {
    const controller = new AbortController();
    const reason = new Error('stopped by the user');
    const options = { signal: controller.signal, onProgress: () => controller.abort(reason) };
    await expect(get(remote('stall', 'good'), options)).rejects.toBe(reason);
    expect(requests).toEqual(['stall']);
    expect(await readdir(join(folder, 'cache'))).toEqual([]);
  });

  it('stops in the pause between two rounds when aborted', async () => {
    const reason = new Error('stopped by the user');
    const controller = new AbortController();
    const download = get(remote('broken'), { signal: controller.signal, retryMs: 60_000 });
    setTimeout(() => controller.abort(reason), 100);
    await expect(download).rejects.toBe(reason);
  });

  it('lets two downloads of one file run at once', async () => {
    const paths = await Promise.all([get(remote('good')), get(remote('good'))]);
    expect(paths[0]).toBe(paths[1]);
    expect(await readdir(join(folder, 'cache'))).toEqual(['data.gz']);
  });

  it('says what to do when the cache cannot be written, and does not try again', async () => {
    await writeFile(join(folder, 'cache'), 'a file, not a folder');
    const error = await get(remote('good')).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'bad-file' });
    expect((error as Error).message).toMatch(
      /^The download cache cannot be used: Cannot make the folder.*Choose another folder with the environment variable VAE_CACHE\.$/,
    );
    expect(requests).toEqual([]);
  });
});
