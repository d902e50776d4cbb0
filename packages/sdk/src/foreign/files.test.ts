import { describe, expect, it } from 'vitest';
import { VaeError } from '../errors.js';
import { bytesFolder } from '../load/bytes-folder.js';
import type { ModelFolder } from '../load/places.js';
import { type ForeignFiles, findForeign } from './files.js';

const contents = (...names: readonly string[]) =>
  new Map(names.map((name) => [name, new TextEncoder().encode(name)]));

const folderOf = (...names: readonly string[]) => bytesFolder(contents(...names), 'models/theirs/', 2 ** 20);

const textOf = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);

/** The config.json that is found beside the halves. */
async function find({ config }: ForeignFiles) {
  if (!config || config.given) throw new Error('no search');
  return config.find();
}

describe('the halves in a folder', () => {
  it.each([
    ['vae_encoder/model.onnx', 'vae_decoder/model.onnx', 'vae_encoder/config.json'],
    ['encoder.onnx', 'decoder.onnx', 'config.json'],
    ['encoder_model.onnx', 'decoder_model.onnx', 'config.json'],
    ['onnx/encoder_model.onnx', 'onnx/decoder_model.onnx', 'config.json'],
  ])('are found at %s and %s', async (encoder, decoder, config) => {
    const files = await findForeign(folderOf(encoder, decoder, config, 'other.onnx'));
    expect(files.name).toBe('theirs');
    expect(files.encoder!.where).toBe(`models/theirs/ ${encoder}`);
    expect(textOf(await files.encoder!.read())).toBe(encoder);
    expect(textOf(await files.decoder!.read())).toBe(decoder);
    const found = await find(files);
    expect([found!.where, textOf(found!.bytes)]).toEqual([`models/theirs/ ${config}`, config]);
  });

  it('may be one alone, with its own config.json or none', async () => {
    const decoder = await findForeign(folderOf('vae_decoder/model.onnx', 'vae_decoder/config.json'));
    expect([decoder.encoder, decoder.decoder?.where]).toEqual([
      undefined,
      'models/theirs/ vae_decoder/model.onnx',
    ]);
    expect((await find(decoder))!.where).toBe('models/theirs/ vae_decoder/config.json');
    const encoder = await findForeign(folderOf('encoder.onnx'));
    expect(encoder.decoder).toBeUndefined();
    expect(await find(encoder)).toBeUndefined();
  });

  it('may share the config.json of an autoencoder in the folder above, and of nothing else', async () => {
    const configIn = async (config: object) => {
      const files = contents('vae_encoder/model.onnx', 'vae_decoder/model.onnx');
      files.set('config.json', new TextEncoder().encode(JSON.stringify(config, undefined, 2)));
      const found = await find(await findForeign(bytesFolder(files, 'm', 2 ** 20)));
      return textOf(found?.bytes);
    };
    expect(await configIn({ _class_name: 'AutoencoderKL', sample_size: 8 })).toContain('AutoencoderKL');
    expect(await configIn({ _class_name: 'AsymmetricAutoencoderKL' })).toContain('Asymmetric');
    expect(await configIn({ _class_name: 'UNet2DConditionModel' })).toBeUndefined();
    expect(await configIn({ model_type: 'bert' })).toBeUndefined();
  });

  it('have what is beside them in their own folder', async () => {
    const { encoder } = await findForeign(folderOf('vae_encoder/model.onnx', 'vae_encoder/model.onnx_data'));
    expect(textOf(await encoder!.beside!('model.onnx_data'))).toBe('vae_encoder/model.onnx_data');
    await expect(encoder!.beside!('other')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('are read once for finding and using them, and again after that', async () => {
    const folder = folderOf('encoder.onnx');
    const reads: string[] = [];
    const counting: ModelFolder = {
      ...folder,
      read: (name, ...rest) => {
        reads.push(name);
        return folder.read(name, ...rest);
      },
    };
    const { encoder } = await findForeign(counting);
    await encoder!.read();
    expect(reads.filter((name) => name === 'encoder.onnx')).toHaveLength(1);
    await encoder!.read();
    expect(reads.filter((name) => name === 'encoder.onnx')).toHaveLength(2);
  });

  it('that are nowhere are an error that says where was looked', async () => {
    await expect(findForeign(folderOf('model.onnx'))).rejects.toMatchObject({
      code: 'not-found',
      message:
        'models/theirs/: there is no vae.json, and none of vae_encoder/model.onnx or vae_decoder/model.onnx, ' +
        'encoder.onnx or decoder.onnx, encoder_model.onnx or decoder_model.onnx, onnx/encoder_model.onnx or ' +
        'onnx/decoder_model.onnx. Pass { encoder, decoder }, or one of them, for files of other names.',
    });
  });

  it('tell the address of a file from that of a folder', async () => {
    const file = { ...folderOf(), where: 'https://a.example/m/decoder.onnx/' };
    await expect(findForeign(file)).rejects.toThrow(
      'That names an ONNX file: give the folder that holds it and its vae.json,',
    );
  });

  it('that cannot be read are not taken for absent', async () => {
    const folder: ModelFolder = {
      where: 'w',
      local: false,
      read: async () => {
        throw new VaeError('download-failed', 'the server fell silent');
      },
    };
    await expect(findForeign(folder)).rejects.toMatchObject({ code: 'download-failed' });
  });
});
