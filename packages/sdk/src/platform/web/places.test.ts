import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Transfer } from '../../load/transfer.js';
import {
  type FileServer,
  fileServer,
  type Listener,
  serveFile,
  testBytes,
} from '../../testing/load/file-server.js';
import type { PageCache } from './page-store.js';
import { places } from './places.js';

// Cache Storage is stood in for by the double below; the real one is tested in a browser.

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const bytes = testBytes(30_000);
const expected = { exactly: bytes.length, sha256: sha256(bytes) };
const etag = '"v1"';
const source = 'hf:ada/digits';
const commit = `${source}@${'ab'.repeat(20)}`;

const good: Listener = (request, response) => serveFile(request, response, { bytes, etag });

let server: FileServer;
let listener: Listener;

beforeEach(async () => {
  listener = good;
  server = await fileServer((request, response, nth) => listener(request, response, nth));
});

afterEach(async () => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  await server.close();
});

/** Keeps bytes and headers as Cache Storage does: each match is a new Response. */
function stubCaches() {
  const stores = new Map<string, Map<string, { body: ArrayBuffer; headers: Headers }>>();
  vi.stubGlobal('caches', {
    async open(name: string): Promise<PageCache> {
      const store = stores.get(name) ?? new Map();
      stores.set(name, store);
      return {
        async match(url) {
          const found = store.get(url);
          return found && new Response(found.body, { headers: found.headers });
        },
        async put(url, response) {
          store.set(url, { body: await response.arrayBuffer(), headers: response.headers });
        },
      };
    },
  });
  return stores;
}

async function read(place: string, { name = 'a.onnx', ...transfer }: Transfer & { name?: string } = {}) {
  const folder = await places.openFolder(place, { ...transfer, hub: { endpoint: server.url } });
  return sha256(await folder.read(name, name === 'a.onnx' ? expected : {}));
}

describe('Cache Storage', () => {
  it('keeps files of the Hub under their address', async () => {
    const stores = stubCaches();
    for (let i = 0; i < 2; i++) expect(await read(commit)).toBe(expected.sha256);
    expect(server.requests).toHaveLength(1);
    expect([...stores.keys()]).toEqual(['vae-models']);
    const address = `${server.url}/ada/digits/resolve/${'ab'.repeat(20)}/a.onnx`;
    const { headers } = stores.get('vae-models')!.get(address)!;
    expect(Object.fromEntries(headers as unknown as Iterable<[string, string]>)).toEqual({
      'content-length': '30000',
      'content-type': 'application/octet-stream',
      etag,
      'x-vae-sha256': expected.sha256,
    });
  });

  it('may have another name, keeps URLs where that is asked for, and nothing where it is forbidden', async () => {
    const stores = stubCaches();
    await read(source, { cache: false });
    await read(server.url);
    expect(stores.size).toBe(0);
    await read(server.url, { cache: 'mine' });
    expect([...stores.keys()]).toEqual(['mine']);
    expect(server.requests).toHaveLength(3);
    await read(server.url, { cache: 'mine' });
    expect(server.requests).toHaveLength(3);
  });

  it('is asked about the version of a branch, by comparing what the server answers', async () => {
    stubCaches();
    for (let i = 0; i < 2; i++) expect(await read(source, { name: 'b.onnx' })).toBe(expected.sha256);
    // No condition, because a page may not send one to another host without asking first.
    expect(server.requests.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, undefined]);
    const next = testBytes(100);
    listener = (request, response) => serveFile(request, response, { bytes: next, etag: '"v2"' });
    expect(await read(source, { name: 'b.onnx' })).toBe(sha256(next));
    listener = (_, response) => response.destroy();
    expect(await read(source, { name: 'b.onnx' })).toBe(sha256(next));
  });

  it('is not trusted with damaged files', async () => {
    const stores = stubCaches();
    await read(commit);
    const [entry] = stores.get('vae-models')!.values();
    new Uint8Array(entry!.body).fill(0, 0, 9);
    expect(await read(commit)).toBe(expected.sha256);
    expect(server.requests).toHaveLength(2);
    for (const [key, value] of [
      ['x-vae-sha256', ''],
      ['content-length', '99999999999'],
    ] as const) {
      [...stores.get('vae-models')!.values()][0]!.headers.set(key, value);
      expect(await read(commit)).toBe(expected.sha256);
    }
    expect(server.requests).toHaveLength(4);
  });

  it('is never given a file with another checksum', async () => {
    const stores = stubCaches();
    listener = (request, response) =>
      serveFile(request, response, { bytes: bytes.slice().fill(0, 0, 9), etag });
    await expect(read(commit)).rejects.toMatchObject({ code: 'bad-model' });
    expect([...stores.values()].every((store) => store.size === 0)).toBe(true);
  });
});

it('works without Cache Storage', async () => {
  for (let i = 0; i < 2; i++) expect(await read(commit)).toBe(expected.sha256);
  expect(server.requests).toHaveLength(2);
});

it('works where Cache Storage is forbidden', async () => {
  const forbid = () => Promise.reject(new Error('The operation is insecure.'));
  vi.stubGlobal('caches', { open: forbid });
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  for (let i = 0; i < 2; i++) expect(await read(commit)).toBe(expected.sha256);
  expect(warn).toHaveBeenCalledTimes(1);
  expect(warn.mock.calls[0]![0]).toMatch(
    /^@vae\/sdk: http.*a\.onnx cannot be kept for the next time: The operation is insecure\.$/,
  );
});

it('takes paths relative to the page', async () => {
  vi.stubGlobal('location', { href: `${server.url}/app/index.html?x` });
  expect((await places.openFolder('./model')).where).toBe(`${server.url}/app/model/`);
  expect((await places.openFolder('/model/vae.json')).where).toBe(`${server.url}/model/`);
});

it('takes paths relative to the base of the document, as fetch does', async () => {
  // A frame of srcdoc has no address of its own, and <base href> moves that of others.
  vi.stubGlobal('location', { href: 'about:srcdoc' });
  vi.stubGlobal('document', { baseURI: `${server.url}/base/` });
  expect((await places.openFolder('./model')).where).toBe(`${server.url}/base/model/`);
});

it.each(['blob:https://a.example/1b9d', 'data:text/javascript,0'])(
  'says that paths lead nowhere in a worker from %s',
  async (href) => {
    vi.stubGlobal('location', { href });
    await expect(places.openFolder('/models/a')).rejects.toMatchObject({
      code: 'unsupported',
      message: `'/models/a': a path leads nowhere from ${href}; pass the whole URL.`,
    });
    expect((await places.openFolder(`${server.url}/a`)).where).toBe(`${server.url}/a/`);
  },
);

it('says how to use a bundled model in a page', async () => {
  await expect(places.openFolder('mnist-conv')).rejects.toThrow(
    'copy its folder to the server and give its URL.',
  );
});
