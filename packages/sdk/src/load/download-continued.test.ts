import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { bytes, etag, expectBytes, failure, fetchFile } from '../testing/load/downloads.js';
import { fileServers, serveFile, testBytes } from '../testing/load/file-server.js';
import type { Part } from './file-store.js';
import { pageSender, sender } from './send.js';

const serve = fileServers();

describe('a connection that breaks', () => {
  it('is continued where it broke', async () => {
    const server = await serve((request, response, nth) =>
      serveFile(request, response, { bytes, etag, cutAfter: nth === 1 ? 70_000 : undefined }),
    );
    expectBytes((await fetchFile(server))!.bytes, bytes);
    expect(server.requests).toHaveLength(2);
    expect(server.requests[1]!.headers).toMatchObject({ range: 'bytes=70000-', 'if-range': etag });
  });

  it('is continued three times, then given up', async () => {
    const server = await serve((request, response) =>
      serveFile(request, response, { bytes, etag, cutAfter: 1_000 }),
    );
    const error = await failure(server);
    expect(error.code).toBe('download-failed');
    expect(error.message).toMatch(/: could not be downloaded: .+, after 4000 bytes \(4 attempts\)\.$/);
    expect(server.requests.map(({ headers }) => headers.range)).toEqual([
      undefined,
      'bytes=1000-',
      'bytes=2000-',
      'bytes=3000-',
    ]);
  });

  it('is continued by its date where there is no ETag', async () => {
    const lastModified = 'Wed, 21 Oct 2015 07:28:00 GMT';
    const server = await serve((request, response, nth) =>
      serveFile(request, response, { bytes, lastModified, cutAfter: nth === 1 ? 5 : undefined }),
    );
    expectBytes((await fetchFile(server))!.bytes, bytes);
    expect(server.requests[1]!.headers).toMatchObject({ range: 'bytes=5-', 'if-range': lastModified });
  });

  it.each<[string, string | undefined]>([
    ['no validator', undefined],
    ['a weak validator', 'W/"v1"'],
  ])('begins anew with %s', async (_, etag) => {
    const server = await serve((request, response, nth) =>
      serveFile(request, response, { bytes, etag, cutAfter: nth === 1 ? 70_000 : undefined }),
    );
    expectBytes((await fetchFile(server))!.bytes, bytes);
    expect(server.requests[1]!.headers.range).toBeUndefined();
  });

  it('begins anew where the server knows no ranges', async () => {
    const server = await serve((request, response, nth) =>
      serveFile(request, response, {
        bytes,
        etag,
        wholeOnly: true,
        cutAfter: nth === 1 ? 70_000 : undefined,
      }),
    );
    expectBytes((await fetchFile(server))!.bytes, bytes);
    expect(server.requests[1]!.headers.range).toBe('bytes=70000-');
  });

  const other = testBytes(200_001).subarray(1);

  it('begins anew where the file has changed', async () => {
    const server = await serve((request, response, nth) =>
      serveFile(
        request,
        response,
        nth === 1 ? { bytes, etag, cutAfter: 70_000 } : { bytes: other, etag: '"v2"' },
      ),
    );
    const found = (await fetchFile(server))!;
    expectBytes(found.bytes, other);
    expect(found.validator).toBe('"v2"');
    expect(server.requests).toHaveLength(2);
  });

  it('begins anew where a page, which sends no If-Range, gets a part of another version', async () => {
    const server = await serve((request, response, nth) =>
      serveFile(
        request,
        response,
        nth === 1 ? { bytes, etag, cutAfter: 70_000 } : { bytes: other, etag: '"v2"' },
      ),
    );
    expectBytes((await fetchFile(server, { send: pageSender({ fetch }) }))!.bytes, other);
    expect(server.requests.map(({ headers }) => [headers.range, headers['if-range']])).toEqual([
      [undefined, undefined],
      ['bytes=70000-', undefined],
      [undefined, undefined],
    ]);
  });

  it('begins anew where the server sends another part, or none', async () => {
    const server = await serve((request, response, nth) => {
      if (nth === 1) return serveFile(request, response, { bytes, etag, cutAfter: 70_000 });
      if (nth === 2)
        return void response.writeHead(206, { 'content-range': 'bytes 9-199999/200000' }).end('x');
      if (nth === 3) return serveFile(request, response, { bytes, etag, cutAfter: 60_000 });
      serveFile(request, response, { bytes: bytes.subarray(0, 10), etag });
    });
    const error = await failure(server);
    expect(server.requests[3]!.headers.range).toBe('bytes=60000-');
    expect(error.message).toContain('the server has no such part (4 attempts)');
  });

  it.each([
    ['is less than the rest', 'bytes 70000-99999/200000', () => bytes.subarray(70_000, 100_000)],
    ['is less than it says', 'bytes 70000-199999/200000', () => bytes.subarray(70_000, 100_000)],
  ])('goes on after a part that %s', async (_, range, body) => {
    const server = await serve((request, response, nth) => {
      if (nth !== 2) {
        return serveFile(request, response, { bytes, etag, cutAfter: nth === 1 ? 70_000 : undefined });
      }
      response.writeHead(206, { etag, 'content-range': range }).end(body());
    });
    expectBytes((await fetchFile(server))!.bytes, bytes);
    expect(server.requests.map(({ headers }) => headers.range)).toEqual([
      undefined,
      'bytes=70000-',
      'bytes=100000-',
    ]);
  });

  it('begins anew where everything is sent again as a part', async () => {
    const server = await serve((request, response, nth) => {
      if (nth !== 2) {
        return serveFile(request, response, { bytes, etag, cutAfter: nth === 1 ? 70_000 : undefined });
      }
      response.writeHead(206, { etag, 'content-range': 'bytes 70000-199999/200000' }).end(bytes);
    });
    expectBytes((await fetchFile(server))!.bytes, bytes);
    expect(server.requests[2]!.headers.range).toBeUndefined();
  });

  it('begins anew where the body was packed, and unpacks it', async () => {
    const packed = gzipSync(bytes);
    const server = await serve((_, response, nth) => {
      response.writeHead(200, { 'content-encoding': 'gzip', etag, 'content-length': packed.length });
      if (nth > 1) return void response.end(packed);
      response.write(packed.subarray(0, packed.length >> 1), () =>
        setTimeout(() => response.socket?.destroy(), 20),
      );
    });
    const found = (await fetchFile(server))!;
    expectBytes(found.bytes, bytes);
    expect(found.validator).toBe(undefined);
    expect(server.requests[1]!.headers.range).toBeUndefined();
  });

  it('is noticed where the fetch in use does not', async () => {
    const short: typeof fetch = async () =>
      new Response(bytes.slice(0, 100), { headers: { 'content-length': '200000', etag } });
    const server = await serve(() => {});
    const error = await failure(server, { send: sender({ fetch: short }) });
    expect(error).toMatchObject({ code: 'download-failed' });
    expect(error.message).toContain('the connection was closed');
  });
});

describe('a part', () => {
  it('is continued, and told what arrives', async () => {
    const server = await serve((request, response) => serveFile(request, response, { bytes, etag }));
    const { part, log } = recorder({ bytes: bytes.slice(0, 150_000), validator: etag });
    expectBytes((await fetchFile(server, { part }))!.bytes, bytes);
    expect(server.requests[0]!.headers.range).toBe('bytes=150000-');
    expect(log).toEqual({ restarts: [], written: 50_000 });
  });

  it('begins anew where the file is another', async () => {
    const server = await serve((request, response) => serveFile(request, response, { bytes, etag }));
    const { part, log } = recorder({ bytes: new Uint8Array(10), validator: '"v0"' });
    expectBytes((await fetchFile(server, { part }))!.bytes, bytes);
    expect(log).toEqual({ restarts: [etag], written: 200_000 });
  });

  it('begins anew where it is the whole file already, which cannot be continued', async () => {
    const server = await serve((request, response) => serveFile(request, response, { bytes, etag }));
    const { part, log } = recorder({ bytes: bytes.slice(), validator: etag });
    expectBytes((await fetchFile(server, { part }))!.bytes, bytes);
    expect(log).toEqual({ restarts: [etag], written: 200_000 });
  });

  function recorder(left: Part['left']) {
    const log = { restarts: [] as (string | undefined)[], written: 0 };
    const part: Part = {
      left,
      restart: async (validator) => void log.restarts.push(validator),
      write: async (chunk) => {
        log.written += chunk.length;
      },
      keep: async () => {},
      end: async () => {},
    };
    return { part, log };
  }
});
