import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { type FileServer, fileServer } from '../testing/load/file-server.js';
import { modelBytes } from '../testing/models.js';
import { type OpenOptions, openModel } from './model-source.js';

let server: FileServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

describe('halves that are not those of the manifest', () => {
  const { manifest, encoder, decoder } = modelBytes();

  it('may be swapped', async () => {
    await expect(openModel({ manifest, encoder: decoder, decoder: encoder })).rejects.toMatchObject({
      code: 'bad-model',
      message:
        `tiny encoder.onnx: ${decoder.length} bytes, the manifest says ${encoder.length}; ` +
        'that is the size of the decoder: are the two files swapped?',
    });
  });

  it('may be cut off', async () => {
    await expect(openModel({ manifest, encoder: encoder.subarray(0, 99), decoder })).rejects.toMatchObject({
      code: 'bad-model',
      message: `tiny encoder.onnx: 99 bytes, the manifest says ${encoder.length}; it is cut off; fetch it again.`,
    });
  });
});

it('a half may be what Git LFS leaves in its place', async () => {
  const { manifest, encoder } = modelBytes();
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 169176\n`;
  const decoder = new TextEncoder().encode(pointer);
  await expect(openModel({ manifest, encoder, decoder })).rejects.toMatchObject({
    code: 'bad-model',
    message: expect.stringMatching(
      /^tiny decoder\.onnx: 131 bytes, the manifest says \d+; .*fetch it again \(with "git lfs pull", as it has the size of a Git LFS pointer\)\.$/,
    ),
  });
});

it.each<OpenOptions>([
  { layout: 'nchw' },
  { output: 'mean' },
  { latent: { kind: 'deterministic' } },
  { range: [-1, 1] },
  { likelihood: { kind: 'bernoulli' } },
  { name: 'mine' },
])('what a manifest says is not said again: %j', async (options) => {
  const [name] = Object.keys(options);
  await expect(openModel(modelBytes(), options)).rejects.toMatchObject({
    code: 'bad-option',
    message: `VAE.load: the option ${name} is for models without a vae.json; tiny vae.json says it, so leave it out.`,
  });
});

it('a half of another name is not left out silently', async () => {
  const { encoder, decoder } = modelBytes();
  await expect(openModel({ encoder, deocder: decoder } as never)).rejects.toMatchObject({
    code: 'bad-option',
    message: "VAE.load: there is no option 'deocder'; did you mean 'decoder'?",
  });
});

it('a permission may be given to any model', async () => {
  expect((await openModel(modelBytes(), { externalData: true })).spec.name).toBe('tiny');
});

it('the bytes of one file are no model', async () => {
  const { encoder } = modelBytes();
  for (const source of [encoder, encoder.buffer, new Blob([encoder as Uint8Array<ArrayBuffer>])]) {
    await expect(openModel(source as never)).rejects.toMatchObject({
      code: 'bad-option',
      message: expect.stringContaining('{ encoder, decoder } for ONNX files without a manifest'),
    });
  }
});

it('arrays are the caller’s again once the model is loaded', async () => {
  const { manifest, encoder, decoder } = modelBytes();
  const map = new Map([['encoder.onnx', encoder.slice()]]);
  for (const given of [{ manifest, encoder: encoder.slice(), decoder }, { encoder: encoder.slice() }, map]) {
    const foreign = 'manifest' in given ? {} : ({ layout: 'nchw' } as const);
    const model = await openModel(given, foreign);
    (given instanceof Map ? map.get('encoder.onnx')! : given.encoder).fill(0);
    for (let reads = 0; reads < 2; reads++) expect((await model.read('encoder')).bytes).toEqual(encoder);
  }
});

describe('the place of a half', () => {
  const { encoder } = modelBytes();
  const layout = 'nchw';

  it.each(['my enc.onnx', 'dé.onnx', "it's [1] #2 & !~%.onnx", '.hidden.onnx'])(
    'may have the name %s',
    async (name) => {
      const folder = await mkdtemp(join(tmpdir(), 'vae-half-'));
      const path = join(folder, name);
      await writeFile(path, encoder);
      for (const place of [path, pathToFileURL(path), pathToFileURL(path).href]) {
        expect((await openModel({ encoder: place }, { layout })).spec.latent.shape).toEqual([2]);
      }
      await rm(folder, { recursive: true });
    },
  );

  it.each([
    '/m/enc.onnx?download=true',
    '/m/enc.onnx?credential=AK/20/aws4#x',
    '/m/my%20enc%2B+(1)&a:b.onnx',
  ])('may be the address %s', async (address) => {
    server = await fileServer((_, response) => response.end(encoder));
    await openModel({ encoder: server.url + address }, { layout });
    expect(server.requests.map(({ url }) => url)).toEqual([address.replace('#x', '')]);
  });

  it('is shown without what may be a signature', async () => {
    server = await fileServer((_, response) => response.writeHead(403).end());
    await expect(openModel({ encoder: `${server.url}/m/enc.onnx?secret=1/2` })).rejects.toMatchObject({
      message: `${server.url}/m/enc.onnx: the server answered 403 Forbidden.`,
    });
  });
});

it('a server that sends a page for every name has no model', async () => {
  server = await fileServer((_, response) => response.end('<!doctype html><title>My app</title>'));
  await expect(openModel(`${server.url}/model`)).rejects.toMatchObject({
    code: 'not-found',
    message:
      `${server.url}/model/vae.json: the server answered an HTML page instead of the file, perhaps because it has ` +
      'no such file or wants a sign-in; check the address.',
  });
});

it('a server that says nothing of what is not there may mean that', async () => {
  server = await fileServer((_, response) => response.writeHead(403).end());
  await expect(openModel(`${server.url}/model`)).rejects.toMatchObject({
    code: 'download-failed',
    message:
      `${server.url}/model/vae.json: the server answered 403 Forbidden. Some servers answer so for a file that is not ` +
      "there: without a vae.json pass { encoder, decoder } with the files' addresses.",
  });
});

it.each([
  ['RevisionNotFound', "the repository has no revision 'v9'"],
  ['RepoNotFound', 'there is no such repository'],
])('a repository is not searched for files where the Hub answers %s', async (missing, text) => {
  server = await fileServer((_, response) => response.writeHead(404, { 'x-error-code': missing }).end());
  const hub = { endpoint: server.url };
  await expect(openModel('hf:ada/digits@v9', { hub, cache: false })).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringContaining(text),
  });
  expect(server.requests).toHaveLength(1);
});

it('a server that sends a page for vae.json may have files of other makers', async () => {
  const { encoder } = modelBytes();
  server = await fileServer(({ url }, response) => {
    response.end(url === '/model/encoder.onnx' ? encoder : '<html>');
  });
  expect((await openModel(`${server.url}/model`, { layout: 'nchw' })).spec.latent).toEqual({
    kind: 'gaussian',
    shape: [2],
  });
});

it('a server is asked once for each name that a half may have', async () => {
  server = await fileServer((_, response) => response.writeHead(404).end());
  await expect(openModel(server.url)).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringMatching(
      /: there is no vae\.json, and none of vae_encoder\/model\.onnx or vae_decoder\/model\.onnx, .* Pass \{ encoder, decoder \}, or one of them, for files of other names\.$/,
    ),
  });
  const asked = server.requests.map(({ url }) => url);
  expect(new Set(asked).size).toBe(9);
  expect(asked).toHaveLength(9);
});
