import { describe, expect, it } from 'vitest';
import { bytes, expectBytes, failure, fetchFile } from '../testing/load/downloads.js';
import { fileServers, serveFile } from '../testing/load/file-server.js';
import { sender } from './send.js';

const serve = fileServers();

describe('answers that mean no', () => {
  it.each([
    [404, 'not-found', 'the server answered 404 Not Found.'],
    [410, 'not-found', 'the server answered 410 Gone.'],
    [400, 'download-failed', 'the server answered 400 Bad Request.'],
    [403, 'download-failed', 'the server answered 403 Forbidden.'],
  ])('%d is an error at once', async (status, code, text) => {
    const server = await serve((_, response) => response.writeHead(status).end());
    expect(await failure(server)).toMatchObject({ code, message: `${server.url}/model.onnx: ${text}` });
    expect(server.requests).toHaveLength(1);
  });

  it.each([500, 503, 429])('%d is asked again, four times in all', async (status) => {
    const server = await serve((_, response) => response.writeHead(status).end());
    const error = await failure(server);
    expect(error).toMatchObject({ code: 'download-failed' });
    expect(error.message).toMatch(new RegExp(`the server answered ${status} [\\w ]+ \\(4 attempts\\)\\.$`));
    expect(server.requests).toHaveLength(4);
  });

  it('a server that recovers is no error', async () => {
    const server = await serve((request, response, nth) => {
      if (nth < 3) response.writeHead(502).end();
      else serveFile(request, response, { bytes });
    });
    expectBytes((await fetchFile(server))!.bytes, bytes);
  });

  it.each(['<!DOCTYPE html><title>App</title>', '\n <html lang="en"><body>Sign in</body></html>'])(
    'a page in place of the file is said in words: %j',
    async (page) => {
      const server = await serve((_, response) =>
        response.writeHead(200, { 'content-type': 'text/html' }).end(page),
      );
      const error = await failure(server);
      expect(error.code).toBe('not-found');
      expect(error.message).toContain('the server answered an HTML page instead of the file');
    },
  );

  it('a server that is not there is asked twice', async () => {
    const server = await serve(() => {});
    await server.close();
    let asked = 0;
    const error = await failure(server, {
      send: (...request) => {
        asked++;
        return sender({ fetch })(...request);
      },
    });
    expect(error.message).toContain(
      `${server.url}/model.onnx: could not be downloaded: connect ECONNREFUSED`,
    );
    expect(error.message).toMatch(/\(2 attempts\)\.$/);
    expect(asked).toBe(2);
  });
});
