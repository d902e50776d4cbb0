import { readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { describe, expect, it, vi } from 'vitest';
import { fileServers, type Listener, serveFile, testBytes } from '../testing/load/file-server.js';
import { bytes, cached, etag, expected, good, hub, sha256, useFolder } from '../testing/load/hub-model.js';
import type { TransferProgress } from './transfer.js';

useFolder();
const serve = fileServers();

const commit = '0123456789abcdef0123456789abcdef01234567';

describe('a kept file', () => {
  it('of a commit is used without asking', async () => {
    const server = await serve(good);
    const source = `hf:ada/digits@${commit}`;
    for (let i = 0; i < 3; i++) await (await hub(server, source)).read('a.onnx', { atMost: 60_000 });
    expect(server.requests).toHaveLength(1);
  });

  it('with the expected checksum is used without asking', async () => {
    const server = await serve(good);
    for (let i = 0; i < 3; i++) await (await hub(server)).read('encoder.onnx', expected);
    expect(server.requests).toHaveLength(1);
  });

  it('with another checksum than the expected one is fetched again', async () => {
    const next = bytes.slice().fill(1, 7, 8);
    const server = await serve((request, response, nth) =>
      serveFile(request, response, nth === 1 ? { bytes, etag } : { bytes: next, etag: '"v2"' }),
    );
    await (await hub(server)).read('a.onnx', expected);
    const read = await (await hub(server)).read('a.onnx', { exactly: next.length, sha256: sha256(next) });
    expect(sha256(read)).toBe(sha256(next));
  });

  it('of a branch is asked for by its version', async () => {
    let file = { bytes, etag };
    const statuses: number[] = [];
    const server = await serve((request, response) => {
      serveFile(request, response, file);
      statuses.push(response.statusCode);
    });
    const read = async () => sha256(await (await hub(server)).read('a.onnx', {}));
    expect([await read(), await read()]).toEqual([expected.sha256, expected.sha256]);
    expect(statuses).toEqual([200, 304]);
    file = { bytes: testBytes(100), etag: '"v2"' };
    expect([await read(), await read()]).toEqual([sha256(file.bytes), sha256(file.bytes)]);
    expect(statuses).toEqual([200, 304, 200, 304]);
  });

  it('is used where the network is not there, or the server is broken', async () => {
    let broken = false;
    const server = await serve((request, response, nth) => {
      if (broken) response.writeHead(503).end();
      else good(request, response, nth);
    });
    await (await hub(server)).read('a.onnx', {});
    broken = true;
    expect(sha256(await (await hub(server)).read('a.onnx', {}))).toBe(expected.sha256);
    await server.close();
    expect(sha256(await (await hub(server)).read('a.onnx', {}))).toBe(expected.sha256);
    await expect((await hub(server)).read('encoder.onnx', {})).rejects.toMatchObject({
      code: 'download-failed',
    });
  });

  it('is not used where access is refused', async () => {
    let status: number | undefined;
    const server = await serve((request, response, nth) => {
      if (status) response.writeHead(status).end();
      else good(request, response, nth);
    });
    await (await hub(server)).read('a.onnx', {});
    status = 403;
    await expect((await hub(server)).read('a.onnx', {})).rejects.toThrow('the server answered 403');
  });

  it.each<[string, (file: string) => Promise<void>]>([
    ['with a changed byte', async (file) => writeFile(file, bytes.slice().fill(1, 7, 8))],
    ['cut short', async (file) => writeFile(file, bytes.subarray(0, 100))],
    ['gone', async (file) => rm(file)],
    ['a link', async (file) => rm(file).then(() => symlink(`${file}.json`, file))],
    ['without its entry', async (file) => rm(`${file}.json`)],
    ['with half an entry', async (file) => writeFile(`${file}.json`, '{"url":')],
    ['with an entry that is no entry', async (file) => writeFile(`${file}.json`, '[]')],
    [
      'with the entry of another address',
      async (file) => {
        const entry = JSON.parse(await readFile(`${file}.json`, 'utf8'));
        await writeFile(`${file}.json`, JSON.stringify({ ...entry, url: 'https://example.com/' }));
      },
    ],
  ])('%s is fetched again', async (_, damage) => {
    const server = await serve(good);
    const source = `hf:ada/digits@${commit}`;
    await (await hub(server, source)).read('a.onnx', expected);
    const file = (await cached()).find((path) => path.endsWith('.onnx'))!;
    await damage(file);
    expect(sha256(await (await hub(server, source)).read('a.onnx', expected))).toBe(expected.sha256);
    expect(server.requests).toHaveLength(2);
    await (await hub(server, source)).read('a.onnx', expected);
    expect(server.requests).toHaveLength(2);
  });

  it('is never one with another checksum', async () => {
    const wrong = bytes.slice().fill(1, 7, 8);
    const server = await serve((request, response, nth) => {
      serveFile(request, response, { bytes: nth === 1 ? wrong : bytes, etag });
    });
    const source = `hf:ada/digits@${commit}`;
    await expect((await hub(server, source)).read('a.onnx', expected)).rejects.toMatchObject({
      code: 'bad-model',
      message: expect.stringContaining(
        `a.onnx: sha256 is ${sha256(wrong)}, the manifest says ${expected.sha256}.`,
      ),
    });
    expect(await cached()).toEqual([]);
    expect(sha256(await (await hub(server, source)).read('a.onnx', expected))).toBe(expected.sha256);
  });

  it.each([
    ['cut short', '{"format":"va'],
    ['empty', ''],
    ['a text', 'Too many requests'],
  ])('of a commit that is no JSON against its name, but %s, is fetched again', async (_, wrong) => {
    const server = await serve((request, response, nth) => {
      serveFile(request, response, { bytes: Buffer.from(nth === 1 ? wrong : '{}'), etag });
    });
    const source = `hf:ada/digits@${commit}`;
    const read = async () => String(Buffer.from(await (await hub(server, source)).read('vae.json', {})));
    expect([await read(), await read(), await read()]).toEqual([wrong, '{}', '{}']);
    expect(server.requests).toHaveLength(2);
  });

  it('tells its progress in one event', async () => {
    const server = await serve(good);
    await (await hub(server)).read('a.onnx', expected);
    const events: TransferProgress[] = [];
    await (await hub(server, undefined, { onProgress: (event) => events.push(event) })).read(
      'a.onnx',
      expected,
    );
    expect(events).toEqual([{ file: 'a.onnx', loaded: bytes.length, total: bytes.length }]);
  });

  it('is left where the caller stops', async () => {
    const server = await serve(good);
    const reason = new Error('enough');
    await expect((await hub(server)).read('a.onnx', {}, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(server.requests).toHaveLength(0);
  });

  it('larger than maxBytes is not read', async () => {
    const server = await serve(good);
    await (await hub(server)).read('a.onnx', expected);
    await expect((await hub(server, undefined, { maxBytes: 100 })).read('a.onnx', {})).rejects.toThrow(
      'more than maxBytes, which is 100; pass a larger maxBytes.',
    );
  });
});

describe('a download that did not end', () => {
  const cutAt = 20_000;
  const cut: Listener = (request, response) =>
    serveFile(request, response, { bytes, etag, cutAfter: request.headers.range ? 0 : cutAt });
  const pauses = { timeout: 15_000 };

  it('is continued by the next one', { ...pauses }, async () => {
    let listener = cut;
    const server = await serve((request, response, nth) => listener(request, response, nth));
    await expect((await hub(server)).read('a.onnx', expected)).rejects.toThrow(
      `after ${cutAt} bytes (4 attempts).`,
    );
    expect((await cached()).map((path) => path.replace(/.*\.part/, '.part')).sort()).toEqual([
      '.part',
      '.part.json',
    ]);
    listener = good;
    expect(sha256(await (await hub(server)).read('a.onnx', expected))).toBe(expected.sha256);
    expect(server.requests.at(-1)!.headers).toMatchObject({ range: `bytes=${cutAt}-`, 'if-range': etag });
    expect((await cached()).map((path) => path.replace(/.*a\.onnx/, '')).sort()).toEqual(['', '.json']);
  });

  it('leaves nothing where the caller stopped it', async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { 'content-length': bytes.length, etag }).write(bytes.subarray(0, cutAt));
    });
    const stop = new AbortController();
    const reason = new Error('enough');
    const reading = (await hub(server)).read('a.onnx', expected, stop.signal);
    await vi.waitFor(async () => expect(await cached()).toHaveLength(1));
    stop.abort(reason);
    await expect(reading).rejects.toBe(reason);
    expect(await cached()).toEqual([]);
  });

  it('is continued where a deadline stopped it', async () => {
    const server = await serve((request, response, nth) => {
      if (nth > 1) return good(request, response, nth);
      response.writeHead(200, { 'content-length': bytes.length, etag }).write(bytes.subarray(0, cutAt));
    });
    const signal = AbortSignal.timeout(200);
    await expect((await hub(server)).read('a.onnx', expected, signal)).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    expect(sha256(await (await hub(server)).read('a.onnx', expected))).toBe(expected.sha256);
    expect(server.requests.at(-1)!.headers.range).toBe(`bytes=${cutAt}-`);
  });
});
