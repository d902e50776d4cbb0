import { describe, expect, it } from 'vitest';
import {
  classes,
  conditionalDecoder,
  conditionalFields,
  decodeByHand,
  oneHot,
} from '../testing/conditional.js';
import { fileServers } from '../testing/load/file-server.js';
import { decoderModel, encoderModel, logitsByHand, modelBytes, sigmoid } from '../testing/models.js';
import { type Decoder, loadDecoder } from './decoder.js';

const serve = fileServers();

async function withDecoder(work: (decoder: Decoder) => Promise<void>): Promise<void> {
  const decoder = await loadDecoder(modelBytes(), { device: 'cpu' });
  await work(decoder).finally(() => decoder.dispose());
}

describe('loadDecoder', () => {
  it('decodes one latent or a batch', () =>
    withDecoder(async (decoder) => {
      const { name, device, latentShape, dataShape, manifest, spec } = decoder;
      expect([name, device, latentShape, dataShape]).toEqual(['tiny', 'cpu', [2], [1, 2, 3]]);
      expect(manifest?.name).toBe('tiny');
      expect(spec.data.kind).toBe('image');
      expect(decoder.deviceReport).toEqual([{ device: 'cpu', chosen: true, reason: 'it was asked for' }]);
      const latents = [
        [0.5, -1],
        [2, 0.25],
      ];
      const both = await decoder.decode(latents);
      expect(both.shape).toEqual([2, 1, 2, 3]);
      for (const [i, value] of latents.flatMap((z) => logitsByHand(z).map(sigmoid)).entries()) {
        expect(both.data[i]).toBeCloseTo(value, 6);
      }
      const one = await decoder.decode(Float32Array.of(2, 0.25));
      expect(one).toEqual({ data: both.data.slice(6), shape: [1, 1, 2, 3] });
    }));

  it('refuses to be told by options what a manifest says, at an address too', async () => {
    const { manifest } = modelBytes();
    const server = await serve((_, response) => response.end(JSON.stringify(manifest)));
    await expect(loadDecoder(server.url, { range: [-1, 1] })).rejects.toMatchObject({
      code: 'bad-option',
      message: expect.stringContaining('the option range is for models without a vae.json'),
    });
  });

  it('asks a server for nothing twice, and for decoders alone where there is no vae.json', async () => {
    const newer = JSON.stringify({ format: 'vae', version: 2 });
    const server = await serve(({ url }, response) =>
      url === '/newer/vae.json' ? response.end(newer) : response.writeHead(404).end(),
    );
    const asked = () => server.requests.splice(0).map(({ url }) => url);
    await expect(loadDecoder(`${server.url}/newer`)).rejects.toMatchObject({ code: 'bad-manifest' });
    expect(asked()).toEqual(['/newer/vae.json']);
    const failure = expect(loadDecoder(server.url)).rejects;
    await failure.toThrow(
      '/: there is no vae.json, and none of vae_decoder/model.onnx, decoder.onnx, decoder_model.onnx, ' +
        'onnx/decoder_model.onnx. Pass { encoder, decoder }, or one of them, for files of other names.',
    );
    expect(asked()).toEqual([
      '/vae.json',
      '/vae_decoder/model.onnx',
      '/decoder.onnx',
      '/decoder_model.onnx',
      '/onnx/decoder_model.onnx',
    ]);
  });

  it('takes from an encoder beside a decoder what the data are, where there is no vae.json', async () => {
    const files = new Map([
      ['/encoder.onnx', encoderModel()],
      ['/decoder.onnx', decoderModel()],
    ]);
    const server = await serve(({ url }, response) => {
      const bytes = files.get(url!);
      response.writeHead(bytes ? 200 : 404).end(bytes);
    });
    const decoder = await loadDecoder(server.url, { layout: 'nchw' });
    expect(decoder.dataShape).toEqual([1, 2, 3]);
    expect(server.requests.map(({ url }) => url)).toEqual([
      '/vae.json',
      '/vae_decoder/model.onnx',
      '/decoder.onnx',
      '/encoder.onnx',
    ]);
    await decoder.dispose();
  });

  it('needs no encoder', async () => {
    const { manifest, decoder } = modelBytes();
    const loaded = await loadDecoder({ manifest, decoder });
    expect((await loaded.decode([0, 0])).shape).toEqual([1, 1, 2, 3]);
    await loaded.dispose();
  });

  it('refuses what has the wrong size, and is over after dispose', () =>
    withDecoder(async (decoder) => {
      await expect(decoder.decode([1, 2, 3])).rejects.toThrow(
        'decode z: expected shape [N, 2] or a single item [2], got [3].',
      );
      const running = decoder.decode([0, 0]);
      await Promise.all([decoder.dispose(), decoder.dispose()]);
      expect((await running).data).toHaveLength(6);
      await expect(decoder.decode([0, 0])).rejects.toMatchObject({ code: 'disposed' });
    }));

  it('refuses models that it cannot decode', async () => {
    const { files } = modelBytes().manifest;
    const without = { ...modelBytes({ fields: { files: { encoder: files.encoder } } }), decoder: undefined };
    await expect(loadDecoder(without)).rejects.toThrow('tiny: the model has no decoder.');
    const labelled = modelBytes({ fields: { labels: { conditional: true } } });
    await expect(loadDecoder(labelled)).rejects.toMatchObject({
      code: 'bad-model',
      message: expect.stringContaining("a conditional model's decoder needs an input 'label'"),
    });
    const damaged = decoderModel();
    damaged[20]! ^= 1;
    await expect(loadDecoder({ ...modelBytes(), decoder: damaged })).rejects.toMatchObject({
      code: 'bad-model',
    });
  });

  it('refuses options that it does not have', async () => {
    const given = { devices: 'wasm' } as never;
    await expect(loadDecoder(modelBytes(), given)).rejects.toThrow(
      "loadDecoder: there is no option 'devices'; did you mean 'device'?",
    );
  });

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    const loading = loadDecoder(modelBytes(), { signal: stop.signal });
    stop.abort();
    await expect(loading).rejects.toBe(stop.signal.reason);
    await expect(loadDecoder(modelBytes(), { signal: stop.signal })).rejects.toBe(stop.signal.reason);
  });
});

it('can be imported on a server, where there are no elements', async () => {
  const { mountDecoder, VaeDecoderElement } = await import('./element.js');
  expect(VaeDecoderElement.observedAttributes).toContain('src');
  expect(globalThis).not.toHaveProperty('customElements');
  expect(mountDecoder).toBeTypeOf('function');
});

describe('loadDecoder of a conditional model', () => {
  const takes = 'float32 [N, 3]' as const;
  const pets = modelBytes({ decoder: conditionalDecoder({ takes }), fields: conditionalFields });
  const z = [
    [1, 2],
    [0.5, -1],
  ];
  const byHand = (...labels: number[]) => labels.flatMap((label, n) => decodeByHand(z[n]!, oneHot(label)));

  it('decodes with one label for all or one for each, also from an address', async () => {
    const server = await serve(({ url }, response) =>
      response.end(url === '/vae.json' ? JSON.stringify(pets.manifest) : pets.decoder),
    );
    for (const source of [pets, server.url]) {
      const decoder = await loadDecoder(source, { device: 'cpu' });
      expect(decoder.labels).toEqual({ count: 3, classes });
      expect([...(await decoder.decode(z, { label: 'owl' })).data]).toEqual(byHand(2, 2));
      expect([...(await decoder.decode(z, { label: [1, 'cat'] })).data]).toEqual(byHand(1, 0));
      await decoder.dispose();
    }
    expect(server.requests.map(({ url }) => url)).toEqual(['/vae.json', '/decoder.onnx']);
  });

  it('takes graphs of others', async () => {
    const theirs = { decoder: conditionalDecoder({ label: 'y' }) };
    const decoder = await loadDecoder(theirs, { device: 'cpu', labels: { classes: 3 } });
    expect([...(await decoder.decode(z, { label: 1 })).data]).toEqual(byHand(1, 1));
    await decoder.dispose();
  });

  it('refuses a missing label, one that it does not have, and one that it does not take', async () => {
    const decoder = await loadDecoder(pets, { device: 'cpu' });
    await expect(decoder.decode(z)).rejects.toThrow('is conditioned on labels and got none');
    await expect(decoder.decode(z, { label: 'dgo' })).rejects.toThrow("Did you mean 'dog'?");
    await expect(decoder.decode(z, { label: [0] })).rejects.toThrow('1 labels came for 2 items');
    await decoder.dispose();
    await withDecoder(async (tiny) => {
      expect(tiny.labels).toBeUndefined();
      await expect(tiny.decode([0, 0], { label: 1 })).rejects.toThrow(
        'decode label: tiny takes no labels; leave it out.',
      );
    });
  });
});
