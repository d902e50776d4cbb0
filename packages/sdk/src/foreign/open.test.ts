import { describe, expect, it } from 'vitest';
import { openForeign } from './open.js';
import { type Dims, fileOf, filesOf, type GraphSketch, sketch } from './testing/graphs.js';

const encoder: GraphSketch = { outputs: { mu: ['N', 2], logvar: ['N', 2] } };
const decoder: GraphSketch = { input: ['z', ['N', 2]], outputs: { x: ['N', 6] } };

describe('an open model', () => {
  it('gives the bytes that were looked at, and reads and checks them again after that', async () => {
    const good = sketch(encoder);
    const versions = [good, good.slice(), new TextEncoder().encode('<html>')];
    const file = { where: 'e.onnx', read: async () => versions.shift()! };
    const model = await openForeign({ name: 'm', encoder: file });
    expect((await model.read('encoder')).bytes).toBe(good);
    expect((await model.read('encoder')).bytes).toEqual(good);
    await expect(model.read('encoder')).rejects.toMatchObject({
      code: 'bad-model',
      message: 'e.onnx: the file is an HTML or XML page, not a model; check the address.',
    });
  });

  it('says what its halves are called and that one is missing', async () => {
    const model = await openForeign(filesOf({ decoder }));
    expect([model.whereOf('encoder'), model.whereOf('decoder')]).toEqual(['theirs encoder', 'd.onnx']);
    await expect(model.read('encoder')).rejects.toMatchObject({
      code: 'unsupported',
      message: 'theirs: the model has no encoder.',
    });
  });

  it('needs a half', async () => {
    await expect(openForeign({ name: 'm' })).rejects.toMatchObject({
      code: 'bad-option',
      message: 'm: neither an encoder nor a decoder was given.',
    });
  });

  it.each([
    ['whose names tell', decoder, encoder, "it gives 'mu'"],
    [
      'of diffusers',
      { input: ['latent_sample', ['N', 4, 'h', 'w']], outputs: { sample: ['N', 3, 'H', 'W'] } },
      { input: ['sample', ['N', 3, 'H', 'W']], outputs: { latent_sample: ['N', 4, 'h', 'w'] } },
      "it gives 'latent_sample'",
    ],
  ] as [string, GraphSketch, GraphSketch, string][])('refuses swapped halves %s', async (_, a, b, what) => {
    const message = `d.onnx: ${what}, as encoders do, and e.onnx does not. `;
    await expect(openForeign(filesOf({ encoder: a, decoder: b }))).rejects.toMatchObject({
      code: 'bad-option',
      message: expect.stringMatching(
        new RegExp(`^${message}.* Are the two files swapped\\? Pass them the other way round; if not, name `),
      ),
    });
  });

  it.each<[string, GraphSketch['outputs']]>([
    ['its mean', { x_mean: ['N', 6] }],
    ['its mean and variance', { loc: ['N', 6], scale: ['N', 6] }],
    ['parameters', { params: ['N', 6] }],
  ])('takes no decoder for an encoder because it gives %s', async (_, outputs) => {
    const halves = { encoder: { outputs: { a: ['N', 2] as Dims } }, decoder: { ...decoder, outputs } };
    const { spec } = await openForeign(filesOf({ decoder: halves.decoder }));
    expect(spec.decoder!.outputs[0]!.output).toBe(Object.keys(outputs)[0]);
    await expect(openForeign(filesOf(halves))).resolves.toBeDefined();
  });

  it('takes the word of a caller who names the outputs of the encoder, where sizes are open', async () => {
    const sound = {
      encoder: { input: ['x', ['N', 1, 't']], outputs: { a: ['N', 2, 'f'], b: ['N', 2, 'f'] } },
      decoder: { input: ['z', ['N', 2, 'f']], outputs: { mean: ['N', 1, 't'] } },
    } as const;
    await expect(openForeign(filesOf(sound))).rejects.toThrow('swapped');
    const { spec } = await openForeign(filesOf(sound), { latent: { mean: 'a', logvar: 'b' } });
    expect(spec.latent).toEqual({ kind: 'gaussian', shape: [2, -1] });
  });

  it('says how much of a file is there', async () => {
    const whole = sketch(encoder);
    const part = fileOf(whole.subarray(0, 40), 'e.onnx');
    const error = await openForeign({ name: 'm', encoder: part }).catch((error) => error);
    expect([error.code, error.message]).toEqual(['bad-model', expect.stringContaining('fetch it again')]);
    const [, came, least] = /cut off \((\d+) bytes of (\d+) or more;/.exec(error.message)!.map(Number);
    expect(came).toBe(40);
    expect(least).toBeGreaterThan(40);
    expect(least).toBeLessThanOrEqual(whole.length);
  });

  it('checks options before it reads', async () => {
    const file = {
      where: 'e.onnx',
      read: async () => {
        throw new Error('read');
      },
    };
    await expect(openForeign({ name: 'm', encoder: file }, { layout: 'x' as 'flat' })).rejects.toMatchObject({
      code: 'bad-option',
    });
  });

  it('is stopped by the signal', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    const read = async (given?: AbortSignal) => {
      given?.throwIfAborted();
      return sketch(encoder);
    };
    await expect(openForeign({ name: 'm', encoder: { where: 'e', read } }, {}, signal)).rejects.toThrow(
      'enough',
    );
  });

  it('is refused when config.json is not what diffusers writes', async () => {
    const kl: GraphSketch = {
      input: ['sample', ['b', 3, 'h', 'w']],
      outputs: { latent_parameters: ['b', 8, '', ''] },
    };
    const config = { _class_name: 'AutoencoderKL', scaling_factor: 'much' };
    await expect(openForeign(filesOf({ encoder: kl, config }))).rejects.toMatchObject({
      code: 'bad-model',
      message: 'config.json: scaling_factor is "much", expected a number.',
    });
  });

  it('gives a model or a VaeError for damaged graphs', async () => {
    const source = sketch(encoder);
    for (let at = 0; at < source.length; at++) {
      for (const bit of [1, 8, 128]) {
        const bytes = source.slice();
        bytes[at]! ^= bit;
        const files = {
          name: 'm',
          encoder: fileOf(bytes, 'e.onnx'),
          decoder: fileOf(sketch(decoder), 'd.onnx'),
        };
        const error = await openForeign(files).then(
          () => undefined,
          (thrown: Error) => thrown,
        );
        expect(error?.name ?? 'VaeError').toBe('VaeError');
      }
    }
  });
});
