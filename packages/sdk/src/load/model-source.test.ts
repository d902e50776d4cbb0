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

it('a server that sends a page for every name has no model', async () => {
  server = await fileServer((_, response) => response.end('<!doctype html><title>My app</title>'));
  await expect(openModel(`${server.url}/model`)).rejects.toMatchObject({
    code: 'not-found',
    message:
      `${server.url}/model/vae.json: the server answered an HTML page instead of the file, perhaps because it has ` +
      'no such file or wants a sign-in; check the address.',
  });
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
