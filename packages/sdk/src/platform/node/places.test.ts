import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Transfer, TransferProgress } from '../../load/transfer.js';
import { nearest } from '../../nearest.js';
import {
  type FileServer,
  fileServer,
  type Listener,
  serveFile,
  testBytes,
} from '../../testing/load/file-server.js';
import { cacheRoot } from './cache-root.js';
import { places } from './places.js';

const servers: FileServer[] = [];
let cache: string;

async function serve(listener: Listener): Promise<FileServer> {
  const server = await fileServer(listener);
  servers.push(server);
  return server;
}

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'vae-cache-'));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await Promise.all(servers.splice(0).map((server) => server.close()));
  await rm(cache, { recursive: true, force: true });
});

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const bytes = testBytes(50_000);
const expected = { exactly: bytes.length, sha256: sha256(bytes) };
const etag = '"v1"';
const commit = '0123456789abcdef0123456789abcdef01234567';

const good: Listener = (request, response) => serveFile(request, response, { bytes, etag });

/** A model on a server that stands for the Hub. */
function hub(server: FileServer, source = 'hf:ada/digits', options: Transfer = {}) {
  return places.openFolder(source, { cache, ...options, hub: { endpoint: server.url, ...options.hub } });
}

/** All files in the cache, by their path. */
async function cached(): Promise<string[]> {
  const entries = await readdir(cache, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

describe('a URL', () => {
  it('may be http: on this machine', async () => {
    const server = await serve(good);
    const folder = await places.openFolder(`${server.url}/model`);
    expect(folder).toMatchObject({ where: `${server.url}/model/`, local: false });
    expect(sha256(await folder.read('encoder.onnx', expected))).toBe(expected.sha256);
    expect(server.requests[0]!.url).toBe('/model/encoder.onnx');
    for (const host of ['localhost', '[::1]']) {
      expect((await places.openFolder(`http://${host}:1/m/`)).where).toBe(`http://${host}:1/m/`);
    }
  });

  it.each([
    'http://example.com/m',
    'http://localhost.example.com/m',
    'http://10.0.0.1/m',
    'ftp://localhost/m',
    'data:,x',
  ])('%s is refused', async (url) => {
    await expect(places.openFolder(url)).rejects.toMatchObject({
      code: 'unsupported',
      message: `${url}: only https: and file: URLs can be loaded here, http: ones from this machine (localhost), and hf:owner/name from the Hugging Face Hub.`,
    });
  });

  it('with a password is refused without showing it', async () => {
    await expect(places.openFolder('https://ada:secret@example.com/m')).rejects.toThrow(
      /^example\.com: a URL with a user name or password is not fetched/,
    );
  });

  it('is not left by a redirect', async () => {
    const server = await serve((_, response) => response.writeHead(302, { location: '/elsewhere' }).end());
    const folder = await places.openFolder(server.url);
    await expect(folder.read('vae.json', { atMost: 9 })).rejects.toMatchObject({ code: 'download-failed' });
    expect(server.requests).toHaveLength(1);
  });

  it('is never asked for a name that leads elsewhere', async () => {
    const server = await serve(good);
    const folder = await places.openFolder(`${server.url}/model`);
    for (const name of ['../x', '/x', 'https://example.com/x', '%2e%2e/x', '?x']) {
      await expect(folder.read(name, {})).rejects.toMatchObject({ code: 'bad-model' });
    }
    expect(server.requests).toHaveLength(0);
  });

  it('is asked for names with spaces', async () => {
    const server = await serve(good);
    await (await places.openFolder(server.url)).read('my model (2).onnx', expected);
    expect(server.requests[0]!.url).toBe('/my%20model%20(2).onnx');
  });

  it('whose file has another checksum is refused', async () => {
    const server = await serve(good);
    const folder = await places.openFolder(server.url);
    await expect(folder.read('a.onnx', { ...expected, sha256: '0'.repeat(64) })).rejects.toMatchObject({
      code: 'bad-model',
      message: `${server.url}/ a.onnx: sha256 is ${expected.sha256}, the manifest says ${'0'.repeat(64)}.`,
    });
  });

  it('is kept only where that is asked for', async () => {
    const server = await serve(good);
    vi.stubEnv('VAE_CACHE', cache);
    await (await places.openFolder(server.url)).read('a.onnx', expected);
    expect(await cached()).toEqual([]);
    for (let i = 0; i < 2; i++)
      await (await places.openFolder(server.url, { cache: true })).read('a.onnx', expected);
    expect(server.requests).toHaveLength(2);
    expect((await cached()).map((path) => path.slice(cache.length + 1).split(/[\\/]/)[0])).toEqual([
      'web',
      'web',
    ]);
  });

  it('is fetched by the fetch of the caller', async () => {
    const asked: string[] = [];
    const own: typeof fetch = async (input) => {
      asked.push(String(input));
      return new Response('{}');
    };
    const folder = await places.openFolder('https://example.com/m', { fetch: own });
    expect(await folder.read('vae.json', { atMost: 9 })).toEqual(new TextEncoder().encode('{}'));
    expect(asked).toEqual(['https://example.com/m/vae.json']);
  });
});

describe('the Hub', () => {
  it('gives the files of a repository, which are kept beside what is known of them', async () => {
    const server = await serve(good);
    const folder = await hub(server, 'hf:ada/digits@v1/onnx');
    expect(folder).toMatchObject({ where: 'hf:ada/digits@v1/onnx', local: false });
    expect(sha256(await folder.read('vae_encoder/model.onnx', expected))).toBe(expected.sha256);
    expect(server.requests[0]!.url).toBe('/ada/digits/resolve/v1/onnx/vae_encoder/model.onnx');
    const host = encodeURIComponent(new URL(server.url).host);
    const file = join(cache, 'hub', host, 'ada--digits', 'v1', 'onnx', 'vae_encoder', 'model.onnx');
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

describe('a kept file', () => {
  it('of a commit is used without asking', async () => {
    const server = await serve(good);
    const source = `hf:ada/digits@${commit}`;
    for (let i = 0; i < 3; i++) await (await hub(server, source)).read('vae.json', { atMost: 60_000 });
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
    const read = async () => sha256(await (await hub(server)).read('vae.json', {}));
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
    await (await hub(server)).read('vae.json', {});
    broken = true;
    expect(sha256(await (await hub(server)).read('vae.json', {}))).toBe(expected.sha256);
    await server.close();
    expect(sha256(await (await hub(server)).read('vae.json', {}))).toBe(expected.sha256);
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
    await (await hub(server)).read('vae.json', {});
    status = 403;
    await expect((await hub(server)).read('vae.json', {})).rejects.toThrow('the server answered 403');
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

describe('a cache that cannot be used', () => {
  it('costs one warning', async () => {
    const server = await serve(good);
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const blocked = join(cache, 'file');
    await writeFile(blocked, '');
    for (const name of ['a.onnx', 'b.onnx']) {
      const folder = await hub(server, undefined, { cache: blocked });
      expect(sha256(await folder.read(name, expected))).toBe(expected.sha256);
    }
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]![0]).toMatch(
      /^@vae\/sdk: .*a\.onnx cannot be kept for the next time: E(NOTDIR|EXIST).*\. Choose another folder with the option cache or the variable VAE_CACHE\.$/,
    );
  });
});

it('finds the folder for what is kept', () => {
  const env = { VAE_CACHE: '/v', XDG_CACHE_HOME: '/x', LOCALAPPDATA: 'C:\\l' };
  expect(cacheRoot('/own', env, 'linux')).toBe('/own');
  expect(cacheRoot(undefined, env, 'linux')).toBe('/v');
  expect(cacheRoot(undefined, { ...env, VAE_CACHE: '' }, 'linux')).toBe(join('/x', 'vae'));
  expect(cacheRoot(undefined, { LOCALAPPDATA: '/l' }, 'win32')).toBe(join('/l', 'vae'));
  expect(cacheRoot(undefined, { LOCALAPPDATA: '/l', XDG_CACHE_HOME: 'relative' }, 'linux')).toMatch(
    /[\\/]\.cache[\\/]vae$/,
  );
});

describe('a folder', () => {
  it('opens as a path, a URL, or by its manifest, whatever files it has', async () => {
    await mkdir(join(cache, 'vae_encoder'));
    await writeFile(join(cache, 'vae_encoder', 'model.onnx'), bytes);
    await writeFile(join(cache, 'vae.json'), '{}');
    for (const source of [cache, pathToFileURL(cache), join(cache, 'vae.json')]) {
      const folder = await places.openFolder(source);
      expect(folder.local).toBe(true);
      expect(sha256(await folder.read('vae_encoder/model.onnx', expected))).toBe(expected.sha256);
      await expect(folder.read('vae_decoder/model.onnx', {})).rejects.toMatchObject({ code: 'not-found' });
    }
  });

  it('is never left', async () => {
    await mkdir(join(cache, 'inner'));
    await writeFile(join(cache, 'secret.onnx'), bytes);
    await symlink(cache, join(cache, 'inner', 'linked'));
    const folder = await places.openFolder(join(cache, 'inner'));
    await expect(folder.read('../secret.onnx', {})).rejects.toMatchObject({ code: 'bad-model' });
    await expect(folder.read('linked/secret.onnx', {})).rejects.toMatchObject({
      code: 'bad-model',
      message:
        `${join(cache, 'inner', 'linked')}: a symbolic link; load a copy of the folder without links (cp -rL), or a ` +
        "model without vae.json as { encoder, decoder } with the files' paths.",
    });
  });

  it('with a file of another size or checksum is refused', async () => {
    await writeFile(join(cache, 'a.onnx'), bytes);
    const folder = await places.openFolder(cache, { maxBytes: 60_000 });
    const where = join(cache, 'a.onnx');
    await expect(folder.read('a.onnx', { exactly: 1 })).rejects.toThrow(
      `${where}: 50000 bytes, the manifest says 1; it is another file, or was changed; fetch it again.`,
    );
    await expect(folder.read('a.onnx', { atMost: 9 })).rejects.toThrow(
      `${where}: 50000 bytes, at most 9 are read.`,
    );
    await expect(folder.read('a.onnx', { exactly: 60_001 })).rejects.toThrow(
      'more than maxBytes, which is 60000; pass a larger maxBytes.',
    );
    await expect(folder.read('a.onnx', { ...expected, sha256: 'f'.repeat(64) })).rejects.toThrow(
      `sha256 is ${expected.sha256}, the manifest says ${'f'.repeat(64)}.`,
    );
  });
});

describe('a name that is nowhere', () => {
  it('is taken for the nearest bundled one', async () => {
    await expect(places.openFolder('mnist-cnov')).rejects.toThrow(
      /^mnist-cnov: no such folder, and no bundled model of that name; did you mean 'mnist-conv'\? Bundled models are: .*mnist-conv/,
    );
  });

  it('may be a repository', async () => {
    await expect(places.openFolder('ada/digits')).rejects.toThrow(
      'a repository of the Hugging Face Hub is hf:ada/digits.',
    );
  });

  it('is taken for nothing else where none is near', () => {
    expect(nearest('mnist', ['mnist-conv', 'digits'])).toBeUndefined();
    expect(nearest('digit', ['mnist-conv', 'digits'])).toBe('digits');
    expect(nearest('ab', ['cd'])).toBeUndefined();
    expect(nearest('x', [])).toBeUndefined();
  });
});
