import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { TransferProgress } from '../load/transfer.js';
import {
  type FileServer,
  fileServer,
  type Listener,
  serveFile,
  testBytes,
} from '../testing/load/file-server.js';
import { places as node } from './node/places.js';
import { places as web } from './web/places.js';

const servers: FileServer[] = [];

async function serve(listener: Listener): Promise<string> {
  const server = await fileServer(listener);
  servers.push(server);
  return server.url;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

it.each([node, web])('computes SHA-256 on both platforms', async (platform) => {
  // FIPS 180-2, appendix B.1.
  expect(await platform.sha256(new TextEncoder().encode('abc'))).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});

describe.each([
  ['Node', node],
  ['web', web],
])('the %s platform', (_, platform) => {
  const bytes = testBytes(30_000);
  const expected = { exactly: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  const etag = '"v1"';

  it('goes on where a connection broke, and tells how far it is', async () => {
    const url = await serve((request, response, nth) =>
      serveFile(request, response, { bytes, etag, cutAfter: nth === 1 ? 20_000 : undefined }),
    );
    const events: TransferProgress[] = [];
    const folder = await platform.openFolder(`${url}/m`, { onProgress: (event) => events.push(event) });
    expect(Buffer.compare(await folder.read('a.onnx', expected), bytes)).toBe(0);
    expect(servers[0]!.requests[1]!.headers.range).toBe('bytes=20000-');
    expect(events.at(-1)).toEqual({ file: 'a.onnx', loaded: bytes.length, total: bytes.length });
  });

  it('compares checksums', async () => {
    const url = await serve((request, response) =>
      serveFile(request, response, { bytes: bytes.slice().fill(0, 0, 9) }),
    );
    const folder = await platform.openFolder(url);
    await expect(folder.read('a.onnx', expected)).rejects.toMatchObject({
      code: 'bad-model',
      message: expect.stringMatching(/ a\.onnx: sha256 is [0-9a-f]{64}, the manifest says [0-9a-f]{64}\.$/),
    });
  });

  it('gives up on a silent server', async () => {
    const folder = await platform.openFolder(await serve(() => {}), { timeout: 50 });
    await expect(folder.read('vae.json', {})).rejects.toMatchObject({ code: 'download-failed' });
  });

  it('says that a page came instead of a file', async () => {
    const folder = await platform.openFolder(
      await serve((_, response) => void response.end('<!doctype html>')),
    );
    await expect(folder.read('vae.json', { atMost: 9 })).rejects.toThrow('an HTML page instead of the file');
  });

  it('reads from the Hub, and sends the token to its host only', async () => {
    const network = await serve((request, response) => serveFile(request, response, { bytes, etag }));
    const endpoint = await serve((_, response) =>
      response.writeHead(302, { location: `${network}/blob` }).end(),
    );
    const folder = await platform.openFolder('hf:ada/digits@v1/onnx', {
      hub: { endpoint, token: 'secret' },
      cache: false,
    });
    expect(Buffer.compare(await folder.read('a.onnx', expected), bytes)).toBe(0);
    const [files, hub] = servers.map(({ requests }) => requests);
    expect(hub!.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ['/ada/digits/resolve/v1/onnx/a.onnx', 'Bearer secret'],
    ]);
    expect(files!.map(({ url, headers }) => [url, headers.authorization])).toEqual([['/blob', undefined]]);
  });

  it.each(['hf:digits', 'hf:../digits', 'hf:ada/digits@..'])('refuses %s', async (source) => {
    await expect(platform.openFolder(source)).rejects.toMatchObject({ code: 'bad-option' });
  });

  it('refuses an option outside its rule', async () => {
    await expect(platform.openFolder('hf:ada/digits', { timeout: -1 })).rejects.toMatchObject({
      code: 'bad-option',
    });
  });
});

describe('the web platform', () => {
  it('reads files beside a URL, up to their size', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/models/a/vae.json') response.end('12345');
      else response.writeHead(404).end();
    });
    for (const source of [`${url}/models/a`, `${url}/models/a/`, `${url}/models/a/vae.json?x#y`]) {
      const folder = await web.openFolder(source);
      expect(await folder.read('vae.json', { atMost: 5 })).toEqual(new TextEncoder().encode('12345'));
      await expect(folder.read('vae.json', { atMost: 4 })).rejects.toThrow('more than the 4 bytes expected');
      await expect(folder.read('vae.json', { exactly: 6 })).rejects.toThrow('5 bytes, the manifest says 6');
      await expect(folder.read('encoder.onnx', { exactly: 6 })).rejects.toThrow('the server answered 404');
    }
  });

  it('stops on a signal', async () => {
    const folder = await web.openFolder(await serve((_, response) => void response.write('x')));
    const reason = new Error('enough');
    const stop = new AbortController();
    setTimeout(() => stop.abort(reason), 20);
    await expect(folder.read('vae.json', { atMost: 9 }, stop.signal)).rejects.toBe(reason);
  });

  it.each(['mnist-conv', 'C:\\models', 'file:///models/a', 'data:text/plain,x'])(
    'refuses %j',
    async (source) => {
      await expect(web.openFolder(source)).rejects.toThrow('a browser loads models from http(s) URLs');
    },
  );
});

describe('the Node platform', () => {
  it('prefers a folder that exists and names the places otherwise', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vae-sdk-'));
    await mkdir(join(folder, 'inner'));
    await writeFile(join(folder, 'inner', 'vae.json'), '{}');
    expect((await node.openFolder(join(folder, 'inner'))).where).toBe(join(folder, 'inner'));
    await expect(node.openFolder(join(folder, 'nothing'))).rejects.toThrow('no such folder');
    await writeFile(join(folder, 'picture.png'), '');
    await expect(node.openFolder(join(folder, 'picture.png'))).rejects.toThrow(
      'neither a model folder nor a vae.json.',
    );
    await writeFile(join(folder, 'encoder.onnx'), '');
    await expect(node.openFolder(join(folder, 'encoder.onnx'))).rejects.toThrow(
      "nor a vae.json; an ONNX file by itself is passed as { encoder: '...' } or { decoder: '...' }.",
    );
  });

  it.each([
    ['nothing', '', "'': no such folder"],
    [
      'what is no path by its length',
      'x'.repeat(1e6),
      `${'x'.repeat(80)}… (1000000 characters): no such folder`,
    ],
    [
      'a URL of that length',
      `ftp://h/${'x'.repeat(1e6)}`,
      `ftp://h/${'x'.repeat(72)}… (1000008 characters): only`,
    ],
    [
      'a repository of that length',
      `hf:a/${'x'.repeat(1e6)}`,
      `'${'x'.repeat(80)}… (1000000 characters)' is no`,
    ],
  ])('names %s without repeating all of it', async (_, source, text) => {
    await expect(node.openFolder(source)).rejects.toThrow(text);
  });

  // A worker has no working directory of its own.
  it.skipIf(process.platform === 'win32')('does not find a working directory that was deleted', () => {
    const script = `
      import { mkdtempSync, rmdirSync } from 'node:fs';
      const folder = mkdtempSync(${JSON.stringify(join(tmpdir(), 'vae-sdk-'))});
      process.chdir(folder);
      rmdirSync(folder);
      const { VAE } = await import('${new URL('../../dist/index.js', import.meta.url)}');
      await VAE.load('.').catch((error) => console.log(error.code, error.message));
    `;
    const text = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect(text).toBe('not-found .: no such folder.\n');
  });
});
