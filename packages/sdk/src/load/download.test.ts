import { describe, expect, it } from 'vitest';
import { bytes, etag, expectBytes, failure, fetchFile, type Overrides } from '../testing/load/downloads.js';
import { fileServers, serveFile } from '../testing/load/file-server.js';
import { pageSender, sender } from './send.js';

const serve = fileServers();

it('downloads a file of known size, without packing', async () => {
  const server = await serve((request, response) => serveFile(request, response, { bytes, etag }));
  const found = (await fetchFile(server))!;
  expectBytes(found.bytes, bytes);
  expect(found.validator).toBe(etag);
  expect(server.requests[0]!.headers).toMatchObject({ 'accept-encoding': 'identity' });
});

it('downloads a file of unknown size in chunks', async () => {
  const server = await serve((_, response) => {
    response.write(bytes.subarray(0, 10));
    setTimeout(() => response.end(bytes.subarray(10)), 10);
  });
  expectBytes((await fetchFile(server, { expected: {} }))!.bytes, bytes);
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
    const server = await serve((request, response) => serveFile(request, response, { bytes }));
    expect(await failure(server, options)).toMatchObject({
      code: 'bad-model',
      message: `${server.url}/model.onnx: ${text}`,
    });
  });

  it('a body without end is left at the limit', async () => {
    let sent = 0;
    const server = await serve((_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(new Uint8Array(65_536))) sent += 65_536;
      };
      response.on('drain', more);
      more();
    });
    const error = await failure(server, { expected: { atMost: 2 ** 20 } });
    expect(error.message).toContain('more than the 1048576 bytes expected');
    expect(sent).toBeLessThan(64 * 2 ** 20);
  });
});

describe('a part that nobody asked for', () => {
  const answer = (range: string, body: Uint8Array) =>
    serve((_, response) => void response.writeHead(206, { etag: '"v1"', 'content-range': range }).end(body));

  it('is taken where it is the whole file', async () => {
    const server = await answer('bytes 0-199999/200000', bytes);
    expectBytes((await fetchFile(server))!.bytes, bytes);
    expect(server.requests).toHaveLength(1);
  });

  it.each(['bytes 0-99999/200000', 'bytes 0-199999/*', 'bytes 9-199999/200000', 'items 0-1/2'])(
    'is refused at once where it is %s',
    async (range) => {
      const server = await answer(range, bytes);
      expect(await failure(server)).toMatchObject({
        code: 'download-failed',
        message: expect.stringMatching(/could not be downloaded: the server sent a part unasked\.$/),
      });
      expect(server.requests).toHaveLength(1);
    },
  );
});

describe('a copy at hand', () => {
  it.each([
    ['Node', sender({ fetch }), 304],
    ['a page', pageSender({ fetch }), 200],
  ])('is used where the server says that it is still the same, in %s', async (_, send, status) => {
    let sent: number | undefined;
    const server = await serve((request, response) => {
      serveFile(request, response, { bytes, etag });
      sent = response.statusCode;
    });
    expect(await fetchFile(server, { send, kept: etag })).toBeUndefined();
    expect(sent).toBe(status);
  });

  it('is replaced where it is another version', async () => {
    const server = await serve((request, response) => serveFile(request, response, { bytes, etag }));
    const found = (await fetchFile(server, { kept: '"v0"' }))!;
    expectBytes(found.bytes, bytes);
    expect(found.validator).toBe(etag);
  });

  it('makes a failure come at once', async () => {
    const server = await serve((_, response) => response.writeHead(503).end());
    expect((await failure(server, { kept: etag })).message).toContain(
      'the server answered 503 Service Unavailable.',
    );
    expect(server.requests).toHaveLength(1);
  });
});
