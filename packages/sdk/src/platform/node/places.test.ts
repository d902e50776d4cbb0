import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fileServers } from '../../testing/load/file-server.js';
import { at, bytes, cached, expected, good, hub, sha256, useFolder } from '../../testing/load/hub-model.js';
import { places } from './places.js';

useFolder();
const serve = fileServers();

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

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

  it('of a page of the Hub is refused by the name of the model', async () => {
    await expect(places.openFolder('https://huggingface.co/ada/digits/tree/v1')).rejects.toMatchObject({
      code: 'unsupported',
      message: 'https://huggingface.co/ada/digits/tree/v1: a web page of the Hub; load hf:ada/digits@v1.',
    });
  });

  it.each(['http://localhost:99999/', 'https://exa mple.com/m', 'https://'])(
    '%j that is not valid is not taken for a folder only',
    async (url) => {
      await expect(places.openFolder(url)).rejects.toMatchObject({
        code: 'not-found',
        message: `${url}: no such folder, and no bundled model of that name; as a URL it is not valid.`,
      });
    },
  );

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
    vi.stubEnv('VAE_CACHE', at());
    await (await places.openFolder(server.url)).read('a.onnx', expected);
    expect(await cached()).toEqual([]);
    for (let i = 0; i < 2; i++)
      await (await places.openFolder(server.url, { cache: true })).read('a.onnx', expected);
    expect(server.requests).toHaveLength(2);
    expect((await cached()).map((path) => relative(at(), path).split(/[\\/]/)[0])).toEqual(['web', 'web']);
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

describe('a folder', () => {
  it('opens as a path, a URL, or by its manifest, whatever files it has', async () => {
    await mkdir(at('vae_encoder'));
    await writeFile(at('vae_encoder', 'model.onnx'), bytes);
    await writeFile(at('vae.json'), '{}');
    for (const source of [at(), pathToFileURL(at()), at('vae.json')]) {
      const folder = await places.openFolder(source);
      expect(folder.local).toBe(true);
      expect(sha256(await folder.read('vae_encoder/model.onnx', expected))).toBe(expected.sha256);
      await expect(folder.read('vae_decoder/model.onnx', {})).rejects.toMatchObject({ code: 'not-found' });
    }
  });

  it('is never left', async () => {
    await mkdir(at('inner'));
    await writeFile(at('secret.onnx'), bytes);
    await symlink(at(), at('inner', 'linked'));
    const folder = await places.openFolder(at('inner'));
    await expect(folder.read('../secret.onnx', {})).rejects.toMatchObject({ code: 'bad-model' });
    await expect(folder.read('linked/secret.onnx', {})).rejects.toMatchObject({
      code: 'bad-model',
      message:
        `${at('inner', 'linked')}: a symbolic link; load a copy of the folder without links (cp -rL), or a ` +
        "model without vae.json as { encoder, decoder } with the files' paths.",
    });
  });

  it('with a file of another size or checksum is refused', async () => {
    await writeFile(at('a.onnx'), bytes);
    const folder = await places.openFolder(at(), { maxBytes: 60_000 });
    const where = at('a.onnx');
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
});

describe('a cache that cannot be used', () => {
  it('costs one warning', async () => {
    const server = await serve(good);
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const blocked = at('file');
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
