import { describe, expect, it } from 'vitest';
import { bytes, etag, expectBytes, failure, fetchFile } from '../testing/load/downloads.js';
import { fileServers, serveFile } from '../testing/load/file-server.js';
import { isUnreachable } from './download.js';
import { unanswered } from './refusals.js';
import { sender } from './send.js';

const serve = fileServers();

describe('redirects', () => {
  it('are refused, with the place they lead to and without its query', async () => {
    const server = await serve((_, response) =>
      response.writeHead(302, { location: 'https://10.0.0.1/x?key=secret' }).end(),
    );
    const error = await failure(server);
    expect(error).toMatchObject({ code: 'download-failed' });
    expect(error.message).toContain('the server redirects to https://10.0.0.1/x, which is not followed');
    expect(server.requests).toHaveLength(1);
    expect(isUnreachable(error)).toBe(false);
  });

  it('are followed by a fetch of the caller that follows them', async () => {
    const server = await serve((request, response) => {
      if (request.url === '/moved') serveFile(request, response, { bytes, etag });
      else response.writeHead(302, { location: '/moved' }).end();
    });
    const advised =
      "if you trust it, pass fetch: (url, init) => fetch(url, { ...init, redirect: 'follow' }).";
    expect((await failure(server)).message).toContain(advised);
    const send = sender({ fetch: (url, init) => fetch(url, { ...init, redirect: 'follow' }) });
    expectBytes((await fetchFile(server, { send }))!.bytes, bytes);
  });

  it('of the Hugging Face Hub are for hf:', async () => {
    const location = { location: 'https://cdn.example/abc' };
    const send = sender({ fetch: async () => new Response(null, { status: 302, headers: location }) });
    const url = new URL('https://huggingface.co/ada/digits/resolve/v1/onnx/decoder.onnx');
    await expect(send(url, {}, new AbortController().signal)).rejects.toThrow(
      '; load hf:ada/digits@v1/onnx/decoder.onnx.',
    );
  });

  it('are followed where that is allowed, with the conditions, five times', async () => {
    const server = await serve((request, response) => {
      const left = Number(/\d+$/.exec(request.url!)?.[0] ?? 5);
      if (left === 0) serveFile(request, response, { bytes, etag });
      else response.writeHead(307, { location: `/${left - 1}` }).end();
    });
    const send = sender({ fetch, mayFollow: () => true });
    expectBytes((await fetchFile(server, { send }))!.bytes, bytes);
    expect(await fetchFile(server, { send, kept: etag })).toBeUndefined();
    expect(server.requests.map(({ url }) => url).slice(0, 6)).toEqual([
      '/model.onnx',
      '/4',
      '/3',
      '/2',
      '/1',
      '/0',
    ]);
  });

  it('without end are an error', async () => {
    const server = await serve((_, response) => response.writeHead(302, { location: '/again' }).end());
    const send = sender({ fetch, mayFollow: () => true });
    expect((await failure(server, { send })).message).toContain('more than 5 redirects.');
    expect(server.requests).toHaveLength(6);
  });

  it('to nowhere are an error', async () => {
    const server = await serve((_, response) => response.writeHead(302, { location: 'http://[' }).end());
    expect((await failure(server)).message).toContain('which is not followed');
  });
});

describe('a page', () => {
  const refused = (at: string, origin?: string) =>
    unanswered(new TypeError('Failed to fetch'), new URL(at), origin) as Error;

  it('is told that the answers of another host must be open to it', () => {
    expect(refused('https://cdn.example:8443/decoder.onnx', 'https://shop.example').message).toBe(
      'Failed to fetch; if cdn.example:8443 can be reached at all, its answers must say that this page may read them ' +
        '(Access-Control-Allow-Origin: https://shop.example)',
    );
  });

  it('is told what the browser said of its own host, and of what is no refusal', () => {
    expect(refused('https://shop.example/decoder.onnx', 'https://shop.example').message).toBe(
      'Failed to fetch',
    );
    expect(refused('https://cdn.example/decoder.onnx').message).toBe('Failed to fetch');
    const aborted = new DOMException('Aborted.', 'AbortError');
    expect(unanswered(aborted, new URL('https://cdn.example/'), 'https://shop.example')).toBe(aborted);
  });
});
