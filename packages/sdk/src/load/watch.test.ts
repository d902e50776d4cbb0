import { beforeAll, describe, expect, it } from 'vitest';
import { bytes, etag, expectBytes, failure, fetchFile } from '../testing/load/downloads.js';
import { fileServers, serveFile } from '../testing/load/file-server.js';
import { sender } from './send.js';

const serve = fileServers();

// The first fetch of a process may take longer than the times below.
beforeAll(async () => {
  const server = await serve((_, response) => response.end());
  await (await fetch(server.url)).text();
});

describe('silence', () => {
  it('before the first byte ends the download', async () => {
    const server = await serve(() => {});
    const error = await failure(server, { timeout: 1_000 });
    expect(error.code).toBe('download-failed');
    expect(error.message).toContain('could not be downloaded: nothing arrived for 1 s.');
    expect(server.requests).toHaveLength(1);
  });

  it('in the middle makes it go on with another connection', async () => {
    const server = await serve((request, response, nth) => {
      if (nth > 1) return serveFile(request, response, { bytes, etag });
      response.writeHead(200, { 'content-length': bytes.length, etag }).write(bytes.subarray(0, 1_000));
    });
    expectBytes((await fetchFile(server, { timeout: 1_000 }))!.bytes, bytes);
    expect(server.requests[1]!.headers.range).toBe('bytes=1000-');
  });

  it('is not the same as being slow', async () => {
    // A second and a half in all, of which one without a byte would be silence.
    const piece = Math.ceil(bytes.length / 10);
    const server = await serve((_, response) => {
      let at = 0;
      const timer = setInterval(() => {
        response.write(bytes.subarray(at, at + piece));
        at += piece;
        if (at < bytes.length) return;
        clearInterval(timer);
        response.end();
      }, 150);
    });
    expectBytes((await fetchFile(server, { timeout: 1_000 }))!.bytes, bytes);
  });

  it('is noticed where the fetch in use ignores signals', async () => {
    const server = await serve(() => {});
    const deaf: typeof fetch = () => new Promise(() => {});
    expect((await failure(server, { timeout: 50, send: sender({ fetch: deaf }) })).message).toContain(
      'nothing arrived',
    );
    const mute: typeof fetch = async () => new Response(new ReadableStream());
    expect((await failure(server, { timeout: 50, send: sender({ fetch: mute }) })).message).toContain(
      'nothing arrived',
    );
  });
});

describe('a signal', () => {
  const reason = new Error('enough');

  it('ends the download in the middle, and its connection', async () => {
    let closed: Promise<unknown> | undefined;
    const server = await serve((_, response) => {
      closed = new Promise((resolve) => response.on('close', resolve));
      response.writeHead(200, { 'content-length': 9 }).write('x');
    });
    const stop = new AbortController();
    setTimeout(() => stop.abort(reason), 50);
    await expect(fetchFile(server, { expected: {}, signal: stop.signal })).rejects.toBe(reason);
    await closed;
  });

  it('ends the pause between two attempts', async () => {
    const stop = new AbortController();
    const server = await serve((_, response) => {
      response.writeHead(500).end();
      setTimeout(() => stop.abort(reason), 50);
    });
    await expect(fetchFile(server, { pauseMs: 60_000, signal: stop.signal })).rejects.toBe(reason);
    expect(server.requests).toHaveLength(1);
  });

  it('that fired before keeps the server out of it', async () => {
    const server = await serve((request, response) => serveFile(request, response, { bytes }));
    await expect(fetchFile(server, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(server.requests).toHaveLength(0);
  });
});
