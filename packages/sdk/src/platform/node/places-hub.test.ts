import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fileServers } from '../../testing/load/file-server.js';
import {
  at,
  bytes,
  cached,
  etag,
  expected,
  good,
  hub,
  sha256,
  useFolder,
} from '../../testing/load/hub-model.js';
import { places } from './places.js';

useFolder();
const serve = fileServers();

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the Hub', () => {
  it('gives the files of a repository, which are kept beside what is known of them', async () => {
    const server = await serve(good);
    const folder = await hub(server, 'hf:ada/digits@v1/onnx');
    expect(folder).toMatchObject({ where: 'hf:ada/digits@v1/onnx', local: false });
    expect(sha256(await folder.read('vae_encoder/model.onnx', expected))).toBe(expected.sha256);
    expect(server.requests[0]!.url).toBe('/ada/digits/resolve/v1/onnx/vae_encoder/model.onnx');
    const host = encodeURIComponent(new URL(server.url).host);
    const file = at('hub', host, 'ada--digits', 'v1', 'onnx', 'vae_encoder', 'model.onnx');
    expect((await cached()).sort()).toEqual([file, `${file}.json`]);
    expect(JSON.parse(await readFile(`${file}.json`, 'utf8'))).toEqual({
      url: `${server.url}/ada/digits/resolve/v1/onnx/vae_encoder/model.onnx`,
      validator: etag,
      bytes: bytes.length,
      sha256: expected.sha256,
      date: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
  });

  it('takes its address and token from the environment', async () => {
    const server = await serve(good);
    vi.stubEnv('HF_ENDPOINT', server.url);
    vi.stubEnv('HF_TOKEN', 'secret');
    await (await places.openFolder('hf:ada/digits', { cache: false })).read('a.onnx', expected);
    expect(server.requests[0]!.headers.authorization).toBe('Bearer secret');
    // Another endpoint is not what the token of the environment is for.
    const other = await serve(good);
    await (await hub(other, 'hf:ada/digits', { cache: false })).read('a.onnx', expected);
    expect(other.requests[0]!.headers.authorization).toBeUndefined();
    expect(await cached()).toEqual([]);
  });

  it('never passes the token on to another host', async () => {
    const network = await serve(good);
    const server = await serve((request, response) => {
      const first = !request.url!.startsWith('/moved/');
      response.writeHead(302, { location: first ? '/moved/a.onnx' : `${network.url}/blob` }).end();
    });
    const folder = await hub(server, 'hf:ada/digits', { hub: { token: 'secret' } });
    expect(sha256(await folder.read('a.onnx', expected))).toBe(expected.sha256);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer secret',
      'Bearer secret',
    ]);
    expect(network.requests.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ['/blob', undefined],
    ]);
  });

  it.each([
    [401, undefined, undefined, 'for a private or gated one pass hub.token (or set HF_TOKEN in Node)'],
    [403, 'secret', undefined, 'the token gives no access'],
    [404, undefined, 'RevisionNotFound', "the repository has no revision 'main'"],
    [404, 'secret', 'RepoNotFound', 'there is no such repository, or no access to it'],
    [404, undefined, 'EntryNotFound', 'the repository has no such file'],
  ])('answers %d in words', async (status, token, error, text) => {
    vi.stubEnv('HF_TOKEN', '');
    const server = await serve((_, response) => {
      response.writeHead(status, error ? { 'x-error-code': error } : {}).end();
    });
    const folder = await hub(server, 'hf:ada/digits', { hub: { token } });
    const failure = folder.read('vae.json', { atMost: 9 });
    await expect(failure).rejects.toThrow(text);
    await expect(failure).rejects.toMatchObject({ code: status === 404 ? 'not-found' : 'download-failed' });
    expect(await cached()).toEqual([]);
  });

  it('refuses a wrong endpoint', async () => {
    await expect(places.openFolder('hf:a/b', { hub: { endpoint: 'http://example.com' } })).rejects.toThrow(
      'hub.endpoint is not usable',
    );
  });
});
