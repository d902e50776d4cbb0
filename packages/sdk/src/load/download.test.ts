import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type FileServer,
  fileServer,
  type Listener,
  serveFile,
  testBytes,
} from '../testing/load/file-server.js';
import { type DownloadOptions, download, isUnreachable } from './download.js';
import type { Part } from './file-store.js';
import type { Expected } from './places.js';
import { pageSender, sender } from './send.js';
import type { TransferProgress } from './transfer.js';

let server: FileServer | undefined;

async function serve(listener: Listener): Promise<FileServer> {
  server = await fileServer(listener);
  return server;
}

afterEach(async () => {
  await server?.close();
  server = undefined;
});

const bytes = testBytes(200_000);
const whole: Expected = { exactly: bytes.length };
const etag = '"v1"';

interface Overrides extends Partial<DownloadOptions> {
  readonly timeout?: number;
  readonly maxBytes?: number;
  readonly onProgress?: (progress: TransferProgress) => void;
}

function fetchFile({ timeout = 5_000, maxBytes = 2 ** 31 - 1, onProgress, ...options }: Overrides = {}) {
  return download(new URL(`${server!.url}/model.onnx`), {
    file: 'model.onnx',
    expected: whole,
    send: sender({ fetch }),
    settings: { timeout, maxBytes, onProgress },
    pauseMs: 1,
    ...options,
  });
}

/** Compares many bytes faster than `toEqual` does. */
function expectBytes(actual: Uint8Array, expected: Uint8Array): void {
  expect(Buffer.compare(actual, expected)).toBe(0);
}

const failure = (options?: Overrides) =>
  fetchFile(options).then(
    () => expect.unreachable('the download was expected to fail'),
    (error: { code: string; message: string }) => error,
  );

it('downloads a file of known size, without packing', async () => {
  await serve((request, response) => serveFile(request, response, { bytes, etag }));
  const found = (await fetchFile())!;
  expectBytes(found.bytes, bytes);
  expect(found.validator).toBe(etag);
  expect(server!.requests[0]!.headers).toMatchObject({ 'accept-encoding': 'identity' });
});

it('downloads a file of unknown size in chunks', async () => {
  await serve((_, response) => {
    response.write(bytes.subarray(0, 10));
    setTimeout(() => response.end(bytes.subarray(10)), 10);
  });
  expectBytes((await fetchFile({ expected: {} }))!.bytes, bytes);
});

describe('answers that mean no', () => {
  it.each([
    [404, 'not-found', 'the server answered 404 Not Found.'],
    [410, 'not-found', 'the server answered 410 Gone.'],
    [400, 'download-failed', 'the server answered 400 Bad Request.'],
    [403, 'download-failed', 'the server answered 403 Forbidden.'],
  ])('%d is an error at once', async (status, code, text) => {
    await serve((_, response) => response.writeHead(status).end());
    expect(await failure()).toMatchObject({ code, message: `${server!.url}/model.onnx: ${text}` });
    expect(server!.requests).toHaveLength(1);
  });

  it.each([500, 503, 429])('%d is asked again, four times in all', async (status) => {
    await serve((_, response) => response.writeHead(status).end());
    const error = await failure();
    expect(error).toMatchObject({ code: 'download-failed' });
    expect(error.message).toMatch(new RegExp(`the server answered ${status} [\\w ]+ \\(4 attempts\\)\\.$`));
    expect(server!.requests).toHaveLength(4);
  });

  it('a server that recovers is no error', async () => {
    await serve((request, response, nth) => {
      if (nth < 3) response.writeHead(502).end();
      else serveFile(request, response, { bytes });
    });
    expectBytes((await fetchFile())!.bytes, bytes);
  });

  it.each(['<!DOCTYPE html><title>App</title>', '\n <html lang="en"><body>Sign in</body></html>'])(
    'a page in place of the file is said in words: %j',
    async (page) => {
      await serve((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(page));
      const error = await failure();
      expect(error.code).toBe('not-found');
      expect(error.message).toContain('the server answered an HTML page instead of the file');
    },
  );

  it('a server that is not there is asked twice', async () => {
    const { url } = await serve(() => {});
    await server!.close();
    let asked = 0;
    const error = await failure({
      send: (...request) => {
        asked++;
        return sender({ fetch })(...request);
      },
    });
    expect(error.message).toContain(`${url}/model.onnx: could not be downloaded: connect ECONNREFUSED`);
    expect(error.message).toMatch(/\(2 attempts\)\.$/);
    expect(asked).toBe(2);
  });
});

describe('sizes', () => {
  it.each<[string, Overrides, string]>([
    [
      'less than expected',
      { expected: { exactly: 200_001 } },
      '200000 bytes, the manifest says 200001; it is cut off; fetch it again.',
    ],
    ['more than expected', { expected: { exactly: 10 } }, 'more than the 10 bytes expected.'],
    ['more than a limit', { expected: { atMost: 199_999 } }, 'more than the 199999 bytes expected.'],
    [
      'more than maxBytes',
      { expected: {}, maxBytes: 99 },
      'more than maxBytes, which is 99; pass a larger maxBytes.',
    ],
    [
      'a manifest above maxBytes',
      { maxBytes: 99 },
      '200000 bytes by its manifest, more than maxBytes, which is 99; pass a larger maxBytes.',
    ],
  ])('%s', async (_, options, text) => {
    await serve((request, response) => serveFile(request, response, { bytes }));
    expect(await failure(options)).toMatchObject({
      code: 'bad-model',
      message: `${server!.url}/model.onnx: ${text}`,
    });
  });

  it('a body without end is left at the limit', async () => {
    let sent = 0;
    await serve((_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(new Uint8Array(65_536))) sent += 65_536;
      };
      response.on('drain', more);
      more();
    });
    const error = await failure({ expected: { atMost: 2 ** 20 } });
    expect(error.message).toContain('more than the 1048576 bytes expected');
    expect(sent).toBeLessThan(64 * 2 ** 20);
  });
});

describe('a connection that breaks', () => {
  it('is continued where it broke', async () => {
    await serve((request, response, nth) =>
      serveFile(request, response, { bytes, etag, cutAfter: nth === 1 ? 70_000 : undefined }),
    );
    expectBytes((await fetchFile())!.bytes, bytes);
    expect(server!.requests).toHaveLength(2);
    expect(server!.requests[1]!.headers).toMatchObject({ range: 'bytes=70000-', 'if-range': etag });
  });

  it('is continued three times, then given up', async () => {
    await serve((request, response) => serveFile(request, response, { bytes, etag, cutAfter: 1_000 }));
    const error = await failure();
    expect(error.code).toBe('download-failed');
    expect(error.message).toMatch(/: could not be downloaded: .+, after 4000 bytes \(4 attempts\)\.$/);
    expect(server!.requests.map(({ headers }) => headers.range)).toEqual([
      undefined,
      'bytes=1000-',
      'bytes=2000-',
      'bytes=3000-',
    ]);
  });

  it('is continued by its date where there is no ETag', async () => {
    const lastModified = 'Wed, 21 Oct 2015 07:28:00 GMT';
    await serve((request, response, nth) =>
      serveFile(request, response, { bytes, lastModified, cutAfter: nth === 1 ? 5 : undefined }),
    );
    expectBytes((await fetchFile())!.bytes, bytes);
    expect(server!.requests[1]!.headers).toMatchObject({ range: 'bytes=5-', 'if-range': lastModified });
  });

  it.each<[string, string | undefined]>([
    ['no validator', undefined],
    ['a weak validator', 'W/"v1"'],
  ])('begins anew with %s', async (_, etag) => {
    await serve((request, response, nth) =>
      serveFile(request, response, { bytes, etag, cutAfter: nth === 1 ? 70_000 : undefined }),
    );
    expectBytes((await fetchFile())!.bytes, bytes);
    expect(server!.requests[1]!.headers.range).toBeUndefined();
  });

  it('begins anew where the server knows no ranges', async () => {
    await serve((request, response, nth) =>
      serveFile(request, response, {
        bytes,
        etag,
        wholeOnly: true,
        cutAfter: nth === 1 ? 70_000 : undefined,
      }),
    );
    expectBytes((await fetchFile())!.bytes, bytes);
    expect(server!.requests[1]!.headers.range).toBe('bytes=70000-');
  });

  const other = testBytes(200_001).subarray(1);

  it('begins anew where the file has changed', async () => {
    await serve((request, response, nth) =>
      serveFile(
        request,
        response,
        nth === 1 ? { bytes, etag, cutAfter: 70_000 } : { bytes: other, etag: '"v2"' },
      ),
    );
    const found = (await fetchFile())!;
    expectBytes(found.bytes, other);
    expect(found.validator).toBe('"v2"');
    expect(server!.requests).toHaveLength(2);
  });

  it('begins anew where a page, which sends no If-Range, gets a part of another version', async () => {
    await serve((request, response, nth) =>
      serveFile(
        request,
        response,
        nth === 1 ? { bytes, etag, cutAfter: 70_000 } : { bytes: other, etag: '"v2"' },
      ),
    );
    expectBytes((await fetchFile({ send: pageSender({ fetch }) }))!.bytes, other);
    expect(server!.requests.map(({ headers }) => [headers.range, headers['if-range']])).toEqual([
      [undefined, undefined],
      ['bytes=70000-', undefined],
      [undefined, undefined],
    ]);
  });

  it('begins anew where the server sends another part, or none', async () => {
    await serve((request, response, nth) => {
      if (nth === 1) return serveFile(request, response, { bytes, etag, cutAfter: 70_000 });
      if (nth === 2)
        return void response.writeHead(206, { 'content-range': 'bytes 9-199999/200000' }).end('x');
      if (nth === 3) return serveFile(request, response, { bytes, etag, cutAfter: 60_000 });
      serveFile(request, response, { bytes: bytes.subarray(0, 10), etag });
    });
    const error = await failure();
    expect(server!.requests[3]!.headers.range).toBe('bytes=60000-');
    expect(error.message).toContain('the server has no such part (4 attempts)');
  });

  it.each([
    ['is less than the rest', 'bytes 70000-99999/200000', () => bytes.subarray(70_000, 100_000)],
    ['is less than it says', 'bytes 70000-199999/200000', () => bytes.subarray(70_000, 100_000)],
  ])('goes on after a part that %s', async (_, range, body) => {
    await serve((request, response, nth) => {
      if (nth !== 2) {
        return serveFile(request, response, { bytes, etag, cutAfter: nth === 1 ? 70_000 : undefined });
      }
      response.writeHead(206, { etag, 'content-range': range }).end(body());
    });
    expectBytes((await fetchFile())!.bytes, bytes);
    expect(server!.requests.map(({ headers }) => headers.range)).toEqual([
      undefined,
      'bytes=70000-',
      'bytes=100000-',
    ]);
  });

  it('begins anew where everything is sent again as a part', async () => {
    await serve((request, response, nth) => {
      if (nth !== 2) {
        return serveFile(request, response, { bytes, etag, cutAfter: nth === 1 ? 70_000 : undefined });
      }
      response.writeHead(206, { etag, 'content-range': 'bytes 70000-199999/200000' }).end(bytes);
    });
    expectBytes((await fetchFile())!.bytes, bytes);
    expect(server!.requests[2]!.headers.range).toBeUndefined();
  });

  it('begins anew where the body was packed, and unpacks it', async () => {
    const packed = gzipSync(bytes);
    await serve((_, response, nth) => {
      response.writeHead(200, { 'content-encoding': 'gzip', etag, 'content-length': packed.length });
      if (nth > 1) return void response.end(packed);
      response.write(packed.subarray(0, packed.length >> 1), () =>
        setTimeout(() => response.socket?.destroy(), 20),
      );
    });
    const found = (await fetchFile())!;
    expectBytes(found.bytes, bytes);
    expect(found.validator).toBe(undefined);
    expect(server!.requests[1]!.headers.range).toBeUndefined();
  });

  it('is noticed where the fetch in use does not', async () => {
    const short: typeof fetch = async () =>
      new Response(bytes.slice(0, 100), { headers: { 'content-length': '200000', etag } });
    await serve(() => {});
    const error = await failure({ send: sender({ fetch: short }) });
    expect(error).toMatchObject({ code: 'download-failed' });
    expect(error.message).toContain('the connection was closed');
  });
});

describe('a part that nobody asked for', () => {
  const answer = (range: string, body: Uint8Array) =>
    serve((_, response) => void response.writeHead(206, { etag: '"v1"', 'content-range': range }).end(body));

  it('is taken where it is the whole file', async () => {
    await answer('bytes 0-199999/200000', bytes);
    expectBytes((await fetchFile())!.bytes, bytes);
    expect(server!.requests).toHaveLength(1);
  });

  it.each(['bytes 0-99999/200000', 'bytes 0-199999/*', 'bytes 9-199999/200000', 'items 0-1/2'])(
    'is refused at once where it is %s',
    async (range) => {
      await answer(range, bytes);
      expect(await failure()).toMatchObject({
        code: 'download-failed',
        message: expect.stringMatching(
          /could not be downloaded: the server sent a part that nobody asked for\.$/,
        ),
      });
      expect(server!.requests).toHaveLength(1);
    },
  );
});

describe('silence', () => {
  it('before the first byte ends the download', async () => {
    await serve(() => {});
    const error = await failure({ timeout: 50 });
    expect(error.code).toBe('download-failed');
    expect(error.message).toContain('could not be downloaded: nothing arrived for 0.05 s.');
    expect(server!.requests).toHaveLength(1);
  });

  it('in the middle makes it go on with another connection', async () => {
    await serve((request, response, nth) => {
      if (nth > 1) return serveFile(request, response, { bytes, etag });
      response.writeHead(200, { 'content-length': bytes.length, etag }).write(bytes.subarray(0, 1_000));
    });
    expectBytes((await fetchFile({ timeout: 100 }))!.bytes, bytes);
    expect(server!.requests[1]!.headers.range).toBe('bytes=1000-');
  });

  it('is not the same as being slow', async () => {
    await serve((_, response) => {
      let at = 0;
      const timer = setInterval(() => {
        response.write(bytes.subarray(at, at + 20_000));
        at += 20_000;
        if (at < bytes.length) return;
        clearInterval(timer);
        response.end();
      }, 30);
    });
    expectBytes((await fetchFile({ timeout: 150 }))!.bytes, bytes);
  });

  it('is noticed where the fetch in use ignores signals', async () => {
    await serve(() => {});
    const deaf: typeof fetch = () => new Promise(() => {});
    expect((await failure({ timeout: 50, send: sender({ fetch: deaf }) })).message).toContain(
      'nothing arrived',
    );
    const mute: typeof fetch = async () => new Response(new ReadableStream());
    expect((await failure({ timeout: 50, send: sender({ fetch: mute }) })).message).toContain(
      'nothing arrived',
    );
  });
});

describe('a signal', () => {
  const reason = new Error('enough');

  it('ends the download in the middle, and its connection', async () => {
    let closed: Promise<unknown> | undefined;
    await serve((_, response) => {
      closed = new Promise((resolve) => response.on('close', resolve));
      response.writeHead(200, { 'content-length': 9 }).write('x');
    });
    const stop = new AbortController();
    setTimeout(() => stop.abort(reason), 50);
    await expect(fetchFile({ expected: {}, signal: stop.signal })).rejects.toBe(reason);
    await closed;
  });

  it('ends the pause between two attempts', async () => {
    await serve((_, response) => response.writeHead(500).end());
    const stop = new AbortController();
    setTimeout(() => stop.abort(reason), 50);
    await expect(fetchFile({ pauseMs: 60_000, signal: stop.signal })).rejects.toBe(reason);
    expect(server!.requests).toHaveLength(1);
  });

  it('that fired before keeps the server out of it', async () => {
    await serve((request, response) => serveFile(request, response, { bytes }));
    await expect(fetchFile({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(server!.requests).toHaveLength(0);
  });
});

describe('progress', () => {
  it('grows, also over a new beginning, and ends with the whole', async () => {
    await serve((request, response, nth) => {
      if (nth === 1) return serveFile(request, response, { bytes, cutAfter: 150_000 });
      let at = 0;
      response.writeHead(200, { 'content-length': bytes.length });
      const timer = setInterval(() => {
        response.write(bytes.subarray(at, at + 20_000));
        at += 20_000;
        if (at >= bytes.length) clearInterval(timer);
      }, 20);
    });
    const events: TransferProgress[] = [];
    const times: number[] = [];
    const onProgress = (event: TransferProgress) => {
      events.push(event);
      times.push(performance.now());
    };
    await fetchFile({ onProgress });
    expect(events.length).toBeGreaterThan(1);
    for (const [i, event] of events.entries()) {
      expect(event).toMatchObject({ file: 'model.onnx', total: bytes.length });
      if (i === 0) continue;
      expect(event.loaded).toBeGreaterThan(events[i - 1]!.loaded);
      // At most 20 a second, except the last.
      if (i < events.length - 1) expect(times[i]! - times[i - 1]!).toBeGreaterThan(45);
    }
    expect(events.at(-1)!.loaded).toBe(bytes.length);
  });

  it('does not know the total of a body whose length is not stated, until the end', async () => {
    await serve((_, response) => {
      response.write('abc');
      setTimeout(() => response.end('de'), 100);
    });
    const events: TransferProgress[] = [];
    await fetchFile({ expected: {}, onProgress: (event) => events.push(event) });
    expect(events[0]).toEqual({ file: 'model.onnx', loaded: 3, total: undefined });
    expect(events.at(-1)).toEqual({ file: 'model.onnx', loaded: 5, total: 5 });
  });

  it('that throws ends the download, which is not tried again', async () => {
    await serve((request, response) => serveFile(request, response, { bytes }));
    const bug = new Error('a bug in the page');
    const onProgress = () => {
      throw bug;
    };
    await expect(fetchFile({ onProgress })).rejects.toBe(bug);
    expect(server!.requests).toHaveLength(1);
  });
});

describe('a copy at hand', () => {
  it.each([
    ['Node', sender({ fetch }), 304],
    ['a page', pageSender({ fetch }), 200],
  ])('is used where the server says that it is still the same, in %s', async (_, send, status) => {
    let sent: number | undefined;
    await serve((request, response) => {
      serveFile(request, response, { bytes, etag });
      sent = response.statusCode;
    });
    expect(await fetchFile({ send, kept: etag })).toBeUndefined();
    expect(sent).toBe(status);
  });

  it('is replaced where it is another version', async () => {
    await serve((request, response) => serveFile(request, response, { bytes, etag }));
    const found = (await fetchFile({ kept: '"v0"' }))!;
    expectBytes(found.bytes, bytes);
    expect(found.validator).toBe(etag);
  });

  it('makes a failure come at once', async () => {
    await serve((_, response) => response.writeHead(503).end());
    expect((await failure({ kept: etag })).message).toContain('the server answered 503 Service Unavailable.');
    expect(server!.requests).toHaveLength(1);
  });
});

describe('a part', () => {
  it('is continued, and told what arrives', async () => {
    await serve((request, response) => serveFile(request, response, { bytes, etag }));
    const { part, log } = recorder({ bytes: bytes.slice(0, 150_000), validator: etag });
    expectBytes((await fetchFile({ part }))!.bytes, bytes);
    expect(server!.requests[0]!.headers.range).toBe('bytes=150000-');
    expect(log).toEqual({ restarts: [], written: 50_000 });
  });

  it('begins anew where the file is another', async () => {
    await serve((request, response) => serveFile(request, response, { bytes, etag }));
    const { part, log } = recorder({ bytes: new Uint8Array(10), validator: '"v0"' });
    expectBytes((await fetchFile({ part }))!.bytes, bytes);
    expect(log).toEqual({ restarts: [etag], written: 200_000 });
  });

  it('begins anew where it is the whole file already, which cannot be continued', async () => {
    await serve((request, response) => serveFile(request, response, { bytes, etag }));
    const { part, log } = recorder({ bytes: bytes.slice(), validator: etag });
    expectBytes((await fetchFile({ part }))!.bytes, bytes);
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

describe('redirects', () => {
  it('are refused, with the place they lead to and without its query', async () => {
    await serve((_, response) =>
      response.writeHead(302, { location: 'https://10.0.0.1/x?key=secret' }).end(),
    );
    const error = await failure();
    expect(error).toMatchObject({ code: 'download-failed' });
    expect(error.message).toContain('the server redirects to https://10.0.0.1/x, which is not followed');
    expect(server!.requests).toHaveLength(1);
    expect(isUnreachable(error)).toBe(false);
  });

  it('are followed where that is allowed, with the conditions, five times', async () => {
    await serve((request, response) => {
      const left = Number(/\d+$/.exec(request.url!)?.[0] ?? 5);
      if (left === 0) serveFile(request, response, { bytes, etag });
      else response.writeHead(307, { location: `/${left - 1}` }).end();
    });
    const send = sender({ fetch, mayFollow: () => true });
    expectBytes((await fetchFile({ send }))!.bytes, bytes);
    expect(await fetchFile({ send, kept: etag })).toBeUndefined();
    expect(server!.requests.map(({ url }) => url).slice(0, 6)).toEqual([
      '/model.onnx',
      '/4',
      '/3',
      '/2',
      '/1',
      '/0',
    ]);
  });

  it('without end are an error', async () => {
    await serve((_, response) => response.writeHead(302, { location: '/again' }).end());
    const send = sender({ fetch, mayFollow: () => true });
    expect((await failure({ send })).message).toContain('more than 5 redirects.');
    expect(server!.requests).toHaveLength(6);
  });

  it('to nowhere are an error', async () => {
    await serve((_, response) => response.writeHead(302, { location: 'http://[' }).end());
    expect((await failure()).message).toContain('which is not followed');
  });
});
