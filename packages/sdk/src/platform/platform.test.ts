import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { platform as node } from './node.js';
import { platform as web } from './web.js';

let server: Server | undefined;

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server!.once('listening', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

it.each([node, web])('computes SHA-256 on both platforms', async (platform) => {
  // FIPS 180-2, appendix B.1.
  expect(await platform.sha256(new TextEncoder().encode('abc'))).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
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

  it('has no native runtime', async () => {
    await expect(web.loadOrt('cpu')).rejects.toThrow("in a browser use 'wasm' or 'auto'");
    expect(await web.loadOrt('auto')).toMatchObject({ name: 'onnxruntime-web', device: 'wasm' });
  });
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
      'neither a model folder nor a vae.json',
    );
  });

  it('offers at least one thread and at most four', () => {
    expect(node.defaultThreads()).toBeGreaterThanOrEqual(1);
    expect(node.defaultThreads()).toBeLessThanOrEqual(4);
  });
});
