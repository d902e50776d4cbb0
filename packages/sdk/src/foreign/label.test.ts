import { afterEach, describe, expect, it } from 'vitest';
import type { LoadOptions } from '../load/load-options.js';
import { graph, model, value } from '../onnx/testing/protobuf.js';
import {
  classes,
  conditionalDecoder,
  conditionalEncoder,
  decodeByHand,
  encodeByHand,
  oneHot,
  plainDecoder,
  plainEncoder,
} from '../testing/conditional.js';
import { VAE } from '../vae/vae.js';
import type { ForeignOptions } from './options.js';
import { type Dims, dense, type Halves, specOf } from './testing/graphs.js';

type Second = readonly [name: string, dims?: Dims, type?: number];

const float32 = 1;
const int32 = 6;
const int64 = 7;

/** Graphs of two inputs, as far as these go. */
const encoderOf = (...inputs: readonly Second[]): Uint8Array =>
  model(
    graph({
      nodes: dense('x', 'mu', 'logvar'),
      inputs: inputs.map(([name, dims, type]) => value(name, dims, type)),
      outputs: [value('mu', ['N', 2]), value('logvar', ['N', 2])],
    }),
  );
const decoderOf = (...inputs: readonly Second[]): Uint8Array =>
  model(
    graph({
      nodes: dense('z', 'recon'),
      inputs: inputs.map(([name, dims, type]) => value(name, dims, type)),
      outputs: [value('recon', ['N', 6])],
    }),
  );
const x: Second = ['x', ['N', 6]];
const z: Second = ['z', ['N', 2]];

/** Name of the input for labels of each half, and what is known of classes. */
const found = async (halves: Halves, options?: ForeignOptions) => {
  const { encoder, decoder, labels } = await specOf(halves, options);
  return [encoder?.label, decoder?.label, labels];
};

describe('the input for labels', () => {
  it.each([
    'y',
    'label',
    'labels',
    'c',
    'cond',
    'condition',
    'class',
    'class_labels',
    'y_one_hot',
    'inputLabels',
  ])('is the one called %s', async (name) => {
    const encoder = encoderOf(x, [name, ['N', 10]]);
    const decoder = decoderOf([name, ['N', 10]], z);
    expect(await found({ encoder, decoder })).toEqual([name, name, { count: 10 }]);
  });

  it.each<[string, number, Dims]>([
    ['int64 [N]', int64, ['N']],
    ['int32 [N]', int32, ['N']],
    ['int64 [N, 1]', int64, ['N', 1]],
    ['int64 [N, 10]', int64, ['N', 10]],
  ])('is the one of whole numbers, whatever its name: %s', async (_, type, dims) => {
    const decoder = decoderOf(['keras_tensor_2', dims, type], z);
    expect(await found({ decoder }, { labels: { classes: 10 } })).toEqual([
      undefined,
      'keras_tensor_2',
      { count: 10 },
    ]);
  });

  it('is the one that the caller names', async () => {
    const encoder = encoderOf(x, ['onnx::Concat_1', ['N', 10]]);
    const decoder = decoderOf(z, ['onnx::Concat_1', ['N', 10]]);
    await expect(specOf({ encoder, decoder })).rejects.toMatchObject({
      code: 'bad-option',
      message:
        "e.onnx: which of its two inputs is for labels cannot be told. Inputs: 'x' float32 [N, 6], 'onnx::Concat_1' float32 [N, 10]. Outputs: 'mu' float32 [N, 2], 'logvar' float32 [N, 2]. Pass the name of the one that is, as in labels: { input: 'y' }; a second input for anything else cannot be fed.",
    });
    const labels = { input: 'onnx::Concat_1' };
    expect(await found({ encoder, decoder }, { labels })).toEqual([
      labels.input,
      labels.input,
      { count: 10 },
    ]);
    const both = decoderOf(['y', ['N', 2]], ['label', ['N', 10]]);
    await expect(specOf({ decoder: both })).rejects.toThrow('which of its two inputs is for labels');
  });

  it('may be in one half only', async () => {
    const encoder = encoderOf(x);
    expect(await found({ encoder, decoder: decoderOf(z, ['y', ['N', 4]]) })).toEqual([
      undefined,
      'y',
      { count: 4 },
    ]);
    expect(await found({ encoder, decoder: decoderOf(z) })).toEqual([undefined, undefined, undefined]);
  });

  it('fixes the batch as the others do', async () => {
    const { decoder } = await specOf({ decoder: decoderOf(['z', ['N', 2]], ['y', [8, 4], float32]) });
    expect(decoder).toMatchObject({ batch: 8, label: 'y' });
  });
});

describe('the classes', () => {
  const whole = decoderOf(z, ['y', ['N'], int64]);

  it('are as many as the caller says, or as one half has numbers for', async () => {
    await expect(specOf({ decoder: whole })).rejects.toMatchObject({
      code: 'bad-option',
      message:
        "d.onnx: how many classes 'y' has cannot be told. Inputs: 'z' float32 [N, 2], 'y' int64 [N]. Outputs: 'recon' float32 [N, 6]. Pass labels: { classes: 10 } (to a command, --classes 10) with their number, or their names in a list.",
    });
    expect((await specOf({ decoder: whole }, { labels: { classes } })).labels).toEqual({ count: 3, classes });
    const encoder = encoderOf(x, ['y', ['N', 7]]);
    expect((await specOf({ encoder, decoder: whole })).labels).toEqual({ count: 7 });
    const open = decoderOf(z, ['y', ['N', 'k']]);
    await expect(specOf({ decoder: open })).rejects.toThrow("how many classes 'y' has cannot be told");
    expect((await specOf({ decoder: open }, { labels: { classes: 5 } })).labels).toEqual({ count: 5 });
  });

  it('are none where the graph takes one number of any kind', async () => {
    const angle = decoderOf(z, ['condition', ['N', 1]]);
    expect((await specOf({ decoder: angle })).labels).toEqual({});
  });

  it.each<[string, Halves, ForeignOptions, string]>([
    [
      'another number than the graph has',
      { decoder: decoderOf(z, ['y', ['N', 4]]) },
      { labels: { classes: 3 } },
      'labels.classes says 3, but the input for labels takes 4 numbers per item',
    ],
    [
      'two numbers',
      { encoder: encoderOf(x, ['y', ['N', 3]]), decoder: decoderOf(z, ['y', ['N', 4]]) },
      {},
      'the halves take labels of 3 and 4 numbers',
    ],
    [
      'for a graph without',
      { decoder: decoderOf(z) },
      { labels: { classes: 3 } },
      'it takes no second input',
    ],
    [
      'of an input that is not there',
      { decoder: whole },
      { labels: { input: 'yy', classes: 3 } },
      "labels.input is 'yy', which no second input is called",
    ],
  ])('are not %s', async (_, halves, options, text) => {
    await expect(specOf(halves, options)).rejects.toThrow(text);
  });

  it.each([
    [{ labels: 'y' }, 'labels is "y", expected an object.'],
    [{ labels: { input: 7 } }, 'labels.input is 7, expected the name of an input.'],
    [{ labels: { classes: 0 } }, 'labels.classes is 0, expected how many there are'],
    [
      { labels: { classes: ['a', 'a'] } },
      'labels.classes is ["a","a"], expected how many there are, or a list of',
    ],
    [{ labels: { class: 3 } }, "labels: there is no option 'class'; did you mean 'classes'?"],
  ])('are said as they have to be: %j', async (options, text) => {
    await expect(specOf({ decoder: whole }, options as never)).rejects.toThrow(text);
  });
});

describe('conditional models of others', () => {
  const open: VAE[] = [];
  afterEach(async () => {
    for (const vae of open.splice(0)) await vae.dispose();
  });
  const load = async (halves: { encoder?: Uint8Array; decoder?: Uint8Array }, options: LoadOptions) => {
    const vae = await VAE.load(halves, { device: 'cpu', worker: false, ...options });
    open.push(vae);
    return vae;
  };
  const item = [0, 1, 0.5, 0.25];

  it('take numbers at one end and one-hot at the other', async () => {
    const encoder = conditionalEncoder({ takes: 'float32 [N, 3]', label: 'c' });
    const decoder = conditionalDecoder({ takes: 'int64 [N]', label: 'y' });
    const vae = await load({ encoder, decoder }, {});
    expect(vae.labels).toEqual({ count: 3 });
    const mean = encodeByHand(item, oneHot(2)).slice(0, 2);
    expect([...(await vae.reconstruct([item], { label: 2 })).data]).toEqual(decodeByHand(mean, oneHot(2)));
    await expect(vae.reconstruct([item], { label: 'owl' })).rejects.toThrow(
      "'owl' is no class of model, expected a whole number from 0 to 2.",
    );
  });

  it.each([{ worker: false }, { worker: true, threads: 2 }])(
    'take a fixed number of items with their labels: %j',
    async (options) => {
      const style = { takes: 'int64 [N, 1]', label: 'y', batch: 4 } as const;
      const halves = { encoder: conditionalEncoder(style), decoder: conditionalDecoder(style) };
      const vae = await load(halves, { labels: { classes }, ...options });
      const label = Array.from({ length: 11 }, (_, i) => i % 3);
      const zs = label.map((_, i) => [i / 4, 1 - i]);
      const expected = zs.flatMap((latent, i) => decodeByHand(latent, oneHot(label[i]!)));
      expect([...(await vae.decode(zs, { label })).data]).toEqual(expected);
    },
  );

  it('take one number of any kind, and a class as that number where there are classes', async () => {
    const decoder = conditionalDecoder({ takes: 'float32 [N, 1]', label: 'c' });
    const said = await load({ decoder }, { labels: { classes } });
    expect([...(await said.decode([[1, 2]], { label: 'dog' })).data]).toEqual(
      decodeByHand([1, 2], oneHot(1)),
    );
    const vae = await load({ decoder }, {});
    expect([...(await vae.decode([[1, 2]], { label: [[2]] })).data]).toEqual(decodeByHand([1, 2], oneHot(2)));
    await expect(vae.decode([[1, 2]], { label: 2 })).rejects.toThrow('pass its condition as numbers');
  });

  it('may have one half that takes none', async () => {
    const style = { label: 'y' } as const;
    const plain = { encoder: plainEncoder(), decoder: conditionalDecoder(style) };
    const vae = await load(plain, { labels: { classes: 3 } });
    expect([...(await vae.reconstruct([item], { label: 1 })).data]).toEqual(
      decodeByHand(encodeByHand(item, [0, 0, 0]).slice(0, 2), oneHot(1)),
    );
    const other = { encoder: conditionalEncoder(style), decoder: plainDecoder() };
    const encoding = await load(other, { labels: { classes: 3 } });
    expect([...(await encoding.reconstruct([item], { label: 1 })).data]).toEqual(
      decodeByHand(encodeByHand(item, oneHot(1)).slice(0, 2), [0, 0, 0]),
    );
    await expect(encoding.sample(1, { label: 1 })).rejects.toThrow(
      'model: the decoder takes no labels; leave label out.',
    );
    const walk = { from: 'data', steps: 2, fromLabel: [1, 0] } as const;
    const ends = [1, 0].flatMap((label) =>
      decodeByHand(encodeByHand(item, oneHot(label)).slice(0, 2), [0, 0, 0]),
    );
    expect([...(await encoding.interpolate(item, item, walk)).data]).toEqual(ends);
  });
});
