import { expect, it } from 'vitest';
import { fileServers, serveFile } from '../testing/load/file-server.js';
import { at, cached, useFolder } from '../testing/load/hub-model.js';
import { dataShape, modelBytes } from '../testing/models.js';
import { VAE } from './vae.js';

useFolder();
const serve = fileServers();

it.each([
  ['prepare', (vae: VAE, signal: AbortSignal) => vae.prepare({ signal })],
  ['a verb', (vae: VAE, signal: AbortSignal) => vae.sample(1, { signal })],
])('what was downloaded until the deadline of %s is not downloaded again', async (_, call) => {
  const { manifest, decoder } = modelBytes();
  const { encoder: _encoder, ...files } = manifest.files as Record<string, object>;
  const model = JSON.stringify({ ...manifest, files });
  const etag = '"v1"';
  const server = await serve((request, response) => {
    if (request.url!.endsWith('vae.json')) return void response.end(model);
    if (request.headers.range) return serveFile(request, response, { bytes: decoder, etag });
    response.writeHead(200, { 'content-length': decoder.length, etag }).write(decoder.subarray(0, 99));
  });
  const late = new AbortController();
  const onProgress = ({ file, loaded }: { file: string; loaded: number }) => {
    // As AbortSignal.timeout does, but when the first bytes are there.
    if (file === 'decoder.onnx' && loaded === 99) late.abort(new DOMException('late', 'TimeoutError'));
  };
  const load = () => VAE.load(server.url, { cache: at(), timeout: 5_000, onProgress });
  const first = await load();
  await expect(call(first, late.signal)).rejects.toMatchObject({ name: 'TimeoutError' });
  await first.dispose();
  await expect.poll(cached).toContainEqual(expect.stringMatching(/\.part\.json$/));
  const second = await load();
  expect((await second.sample(1)).shape).toEqual([1, ...dataShape]);
  await second.dispose();
  const asked = server.requests.filter(({ url }) => url.endsWith('.onnx'));
  expect(asked.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=99-']);
});
