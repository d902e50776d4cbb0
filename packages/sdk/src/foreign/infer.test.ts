import { describe, expect, it } from 'vitest';
import type { ModelSpec } from '../model.js';
import { type Bytes, graph, model, node, value } from '../onnx/testing/protobuf.js';
import type { ForeignOptions } from './options.js';
import { type Dims, type GraphSketch, specOf } from './testing/graphs.js';

const encoderOf = (data: Dims): GraphSketch => ({
  input: ['x', data],
  outputs: { mu: ['N', 2], logvar: ['N', 2] },
});
const decoderOf = (data: Dims | undefined, name = 'recon'): GraphSketch => ({
  input: ['z', ['N', 2]],
  outputs: { [name]: data },
});

describe('the data', () => {
  it.each<[string, Dims, object]>([
    ['a vector', ['N', 784], { kind: 'vector', layout: 'flat', shape: [784] }],
    ['an image, channels first', ['N', 3, 32, 32], { kind: 'image', layout: 'chw', shape: [3, 32, 32] }],
    ['an image, channels last', ['N', 32, 24, 1], { kind: 'image', layout: 'hwc', shape: [32, 24, 1] }],
    ['an image of any size', ['N', 4, 'h', 'w'], { kind: 'image', layout: 'chw', shape: [4, -1, -1] }],
    ['a sequence', ['N', 'time', 12], { kind: 'sequence', layout: 'flat', shape: [-1, 12] }],
    ['a video', ['N', 3, 8, 16, 16], { kind: 'sequence', layout: 'flat', shape: [3, 8, 16, 16] }],
  ])('are %s', async (_, dims, data) => {
    expect((await specOf({ encoder: encoderOf(dims) })).data).toEqual(data);
  });

  it.each<[string, Dims]>([
    ['both ends may hold the channels', ['N', 3, 4, 4]],
    ['neither end can', ['N', 8, 8, 8]],
    ['nothing is stated', ['N', 'c', 'h', 'w']],
  ])('need the option layout when %s', async (_, dims) => {
    const encoder = encoderOf(dims);
    await expect(specOf({ encoder })).rejects.toMatchObject({
      code: 'bad-option',
      message: expect.stringMatching(
        /^e\.onnx: which of an image's axes holds the channels cannot be told\. Inputs: 'x' float32 \[N, .*\]\. Outputs: 'mu' float32 \[N, 2\], 'logvar' float32 \[N, 2\]\. Pass layout: 'nchw' or 'nhwc'\.$/,
      ),
    });
    expect((await specOf({ encoder }, { layout: 'nhwc' })).data.layout).toBe('hwc');
  });

  it.each([
    [
      'flat',
      ['N', 1, 8, 8],
      "layout is 'flat', which needs any but four axes, the batch included; the graph has 4.",
    ],
    ['nchw', ['N', 64], "layout is 'nchw', which needs four axes, the batch included; the graph has 2."],
  ] as const)('refuse the layout %s for other axes', async (layout, dims, text) => {
    await expect(specOf({ encoder: encoderOf(dims) }, { layout })).rejects.toMatchObject({
      code: 'bad-option',
      message: `e.onnx: ${text}`,
    });
  });

  it('take sizes that one half leaves open from the other', async () => {
    const { data, latent, encoder, decoder } = await specOf({
      encoder: { input: ['x', ['N', 1, 'h', 8]], outputs: { mu: ['N', 'L'], logvar: undefined } },
      decoder: decoderOf(['', 1, 8, 'w']),
    });
    expect([data.shape, latent.shape]).toEqual([[1, 8, 8], [2]]);
    expect(encoder).toMatchObject({ input: { item: [1, 8, 8] }, outputs: [{ item: [2] }, { item: [2] }] });
    expect(decoder).toMatchObject({ input: { item: [2] }, outputs: [{ item: [1, 8, 8] }] });
  });

  it('have to be one for both halves', async () => {
    await expect(
      specOf({ encoder: encoderOf(['N', 1, 8, 8]), decoder: decoderOf(['N', 65]) }),
    ).rejects.toMatchObject({
      code: 'unsupported',
      message:
        'e.onnx: the shapes of data differ: the encoder takes [1, 8, 8], the decoder gives [65] per item, -1 being ' +
        'any size. Load two halves that belong together, or one alone.',
    });
    await expect(
      specOf({
        encoder: encoderOf(['N', 64]),
        decoder: { input: ['z', ['N', 3]], outputs: { y: ['N', 64] } },
      }),
    ).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('the decoder takes [3], the encoder gives [2] per item'),
    });
  });

  it.each<[string, Dims, Dims, readonly number[], readonly number[]]>([
    ['images, and rows of pixels', ['N', 1, 8, 8], ['N', 64], [1, 8, 8], [64]],
    ['images, and rows of an open length', ['N', 1, 8, 8], ['N', 'm'], [1, 8, 8], [64]],
    ['pictures without channels, and rows', ['N', 8, 8], ['N', 64], [8, 8], [64]],
    ['rows, and images', ['N', 64], ['N', 1, 8, 8], [64], [1, 8, 8]],
    ['rows of an open length, and images', ['N', 'm'], ['N', 1, 8, 8], [64], [1, 8, 8]],
    ['images, and pictures without channels', ['N', 1, 8, 8], ['N', 'h', 'w'], [1, 8, 8], [8, 8]],
    ['pictures without channels, and images', ['N', 8, 8], ['N', 8, 8, 1], [8, 8], [8, 8, 1]],
  ])('have the shape that the encoder takes: %s', async (_, taken, gives, shape, given) => {
    const spec = await specOf({ encoder: encoderOf(taken), decoder: decoderOf(gives, 'logits') });
    expect(spec.data.shape).toEqual(shape);
    expect(spec.decoder!.outputs.map(({ item, given }) => [item, given])).toEqual([
      [shape, given],
      [shape, given],
    ]);
  });

  it.each<[string, Dims, Dims]>([
    ['images of open sizes', ['N', 1, 'h', 'w'], ['N', 64]],
    ['axes in another order', ['N', 1, 8, 8], ['N', 8, 8, 1]],
  ])('are not thought to be in one row beside %s', async (_, taken, gives) => {
    const halves = { encoder: encoderOf(taken), decoder: decoderOf(gives) };
    await expect(specOf(halves)).rejects.toThrow('the shapes of data differ');
  });

  it('have the range of the option', async () => {
    const encoder = encoderOf(['N', 64]);
    expect((await specOf({ encoder })).data.range).toBeUndefined();
    expect((await specOf({ encoder }, { range: [0, 255] })).data.range).toEqual([0, 255]);
  });

  it('are from -1 to 1 where the decoder ends in a tanh, unless the option says otherwise', async () => {
    const rangeOf = async (nodes: readonly Bytes[], options?: ForeignOptions) =>
      (await specOf({ decoder: { ...decoderOf(['N', 64]), nodes } }, options)).data.range;
    const tanh = [node('Tanh', ['h'], ['t']), node('Reshape', ['t', 'shape'], ['recon'])];
    expect(await rangeOf(tanh)).toEqual([-1, 1]);
    expect(await rangeOf(tanh, { range: [0, 1] })).toEqual([0, 1]);
    expect(await rangeOf(tanh, { output: 'logits' })).toBeUndefined();
    expect(await rangeOf([node('Tanh', ['z'], ['h']), node('Sigmoid', ['h'], ['recon'])])).toBeUndefined();
  });
});

describe('latents', () => {
  it.each<[string, Dims, Dims, readonly number[], readonly number[]]>([
    ['maps of one pixel', ['N', 8], ['N', 8, 1, 1], [8, 1, 1], [8]],
    ['a row', ['N', 8, 1, 1], ['N', 8], [8], [8, 1, 1]],
    ['a row of maps', ['N', '', 8, 8], ['N', 256], [256], [4, 8, 8]],
  ])('have the shape that the decoder takes: %s', async (_, gives, takes, shape, given) => {
    const { latent, encoder, decoder } = await specOf({
      encoder: { outputs: { mu: gives, logvar: gives } },
      decoder: { input: ['z', takes], outputs: { y: ['N', 6] } },
    });
    expect([latent.shape, decoder!.input.item]).toEqual([shape, shape]);
    expect(encoder!.outputs.map(({ item, given }) => [item, given])).toEqual([
      [shape, given],
      [shape, given],
    ]);
  });

  it.each<[string, Dims, Dims, string, readonly unknown[]]>([
    ['a mean and a log-variance side by side', ['N', 16], ['N', 8, 1, 1], 'gaussian', [[8], 0]],
    ['the same, stacked', ['N', 2, 8], ['N', 8], 'gaussian', [[1, 8], 0]],
    ['a code', ['N', 8], ['N', 8, 1, 1], 'deterministic', [[8], undefined]],
  ])('have it too where one output holds %s', async (_, gives, takes, kind, held) => {
    const { latent, encoder } = await specOf({
      encoder: { outputs: { out: gives } },
      decoder: { input: ['z', takes], outputs: { y: ['N', 6] } },
    });
    expect(latent).toEqual({ kind, shape: takes.slice(1) });
    for (const { given, part } of encoder!.outputs) expect([given, part?.axis]).toEqual(held);
  });

  it('stacked along an axis that cannot be told are an error', async () => {
    const halves = {
      encoder: { outputs: { out: ['N', 2, 2] } },
      decoder: { input: ['z', ['N', 2]], outputs: { y: ['N', 6] } },
    } as const;
    await expect(specOf(halves)).rejects.toThrow(
      /along which axis 'out' holds a mean and a log-variance cannot be told.*or with the two as outputs of their own\.$/,
    );
  });
});

describe('a decoder', () => {
  const outputsOf = ({ decoder }: ModelSpec) =>
    decoder!.outputs.map(({ role, output, map }) => [role, output, map].filter(Boolean).join(' '));

  it('alone is enough', async () => {
    const { encoder, decoder, latent, data } = await specOf({ decoder: decoderOf(['N', 64]) });
    expect(encoder).toBeUndefined();
    expect(decoder!.input).toEqual({ name: 'z', item: [2] });
    expect([latent, data.shape]).toEqual([{ kind: 'gaussian', shape: [2] }, [64]]);
    const asked = await specOf({ decoder: decoderOf(['N', 64]) }, { latent: { kind: 'deterministic' } });
    expect(asked.latent.kind).toBe('deterministic');
  });

  it('gives the expected value, whatever its output is called', async () => {
    const spec = await specOf({ decoder: decoderOf(['N', 64], 'conv2d_9') });
    expect(outputsOf(spec)).toEqual(['x conv2d_9']);
    expect(spec.likelihood).toEqual({ kind: 'none' });
  });

  it.each([
    ['its name', 'logits', {}],
    ['the option', 'out', { output: 'logits' }],
  ] as const)('gives logits by %s', async (_, name, options) => {
    const spec = await specOf({ decoder: decoderOf(['N', 64], name) }, options);
    expect(outputsOf(spec)).toEqual([`x ${name} sigmoid`, `logits ${name}`]);
    expect(spec.likelihood).toEqual({ kind: 'bernoulli', output: 'logits' });
  });

  it('gives the expected value by the option, whatever the name says', async () => {
    const spec = await specOf({ decoder: decoderOf(['N', 64], 'logits') }, { output: 'mean' });
    expect(outputsOf(spec)).toEqual(['x logits']);
  });

  it('may give both', async () => {
    const outputs = { logits: ['N', 64], x: ['N', 64] };
    expect(outputsOf(await specOf({ decoder: { input: ['z', ['N', 2]], outputs } }))).toEqual([
      'x x',
      'logits logits',
    ]);
  });

  it('may give its mean beside a variance', async () => {
    const outputs = { variance: ['N', 64], mean: ['N', 64] };
    expect(outputsOf(await specOf({ decoder: { input: ['z', ['N', 2]], outputs } }))).toEqual(['x mean']);
  });

  it('with outputs that cannot be told apart is an error', async () => {
    const outputs = { a: ['N', 64], b: ['N', 64] };
    await expect(specOf({ decoder: { input: ['z', ['N', 2]], outputs } })).rejects.toMatchObject({
      code: 'unsupported',
      message:
        "d.onnx: which output is the decoded data cannot be told. Inputs: 'z' float32 [N, 2]. Outputs: 'a' float32 " +
        "[N, 64], 'b' float32 [N, 64]. Export the decoder with one output, or name them 'x' and 'logits'.",
    });
  });

  it('without a shape needs its encoder', async () => {
    const decoder = decoderOf(undefined);
    await expect(specOf({ decoder })).rejects.toThrow(
      /is not stated.*'recon' float32 of unknown shape.*encoder\.$/,
    );
    expect((await specOf({ encoder: encoderOf(['N', 64]), decoder })).data.shape).toEqual([64]);
  });
});

describe('the likelihood', () => {
  it('is Gaussian by the option', async () => {
    const likelihood = { kind: 'gaussian', variance: 0.5 } as const;
    const spec = await specOf({ decoder: decoderOf(['N', 64]) }, { likelihood });
    expect(spec.likelihood).toEqual({ kind: 'gaussian', output: 'x', variance: 0.5 });
  });

  it('cannot be Bernoulli without logits', async () => {
    await expect(
      specOf({ decoder: decoderOf(['N', 64]) }, { likelihood: { kind: 'bernoulli' } }),
    ).rejects.toMatchObject({
      code: 'bad-option',
      message:
        "d.onnx: likelihood 'bernoulli' needs logits, and the decoder gives the expected value. Export it without " +
        "its last sigmoid; if it has none, pass output: 'logits'.",
    });
  });
});

describe('the batch', () => {
  it('is fixed where the graph fixes it, at either end', async () => {
    const { encoder, decoder } = await specOf({
      encoder: { input: ['x', [4, 64]], outputs: { mu: [4, 2], logvar: [4, 2] } },
      decoder: { input: ['z', ['N', 2]], outputs: { y: [1, 64] } },
    });
    expect([encoder!.batch, decoder!.batch]).toEqual([4, 1]);
  });

  it('is not the first size of what is not used, such as a codebook', async () => {
    const outputs = { z: ['N', 2], codebook: [256, 4] };
    const { encoder } = await specOf(
      { encoder: { outputs } },
      { latent: { mean: 'z', kind: 'deterministic' } },
    );
    expect(encoder).not.toHaveProperty('batch');
  });

  it.each([['N'], [''], [-1]])('is open for %j', async (size) => {
    const { encoder } = await specOf({
      encoder: { input: ['x', [size, 64]], outputs: { mu: [size, 2], logvar: [size, 2] } },
    });
    expect(encoder).not.toHaveProperty('batch');
  });
});

describe('graphs that cannot be fed', () => {
  const start =
    'e.onnx: only graphs can be fed that take one float32 or float16 array with a batch axis first, and labels [N] or [N, K]. Inputs: ';

  it.each<[string, Uint8Array | GraphSketch, string]>([
    [
      'two more inputs',
      model(
        graph({
          inputs: [value('x', ['N', 64]), value('label', ['N'], 7), value('eps', ['N', 2])],
          outputs: [value('mu', ['N', 2])],
        }),
      ),
      "'x' float32 [N, 64], 'label' int64 [N], 'eps' float32 [N, 2]. Outputs: 'mu' float32 [N, 2]. Export it that way; what else it takes has to become a constant or move outside.",
    ],
    [
      'another input that is no label',
      model(
        graph({
          inputs: [value('x', ['N', 64]), value('mask', ['N', 64], 9)],
          outputs: [value('mu', ['N', 2])],
        }),
      ),
      "'x' float32 [N, 64], 'mask' bool [N, 64]. Outputs: 'mu' float32 [N, 2]. Export it that way",
    ],
    [
      'another type',
      { input: ['x', ['N', 64], 11], outputs: { mu: ['N', 2] } },
      "'x' float64 [N, 64]. Outputs:",
    ],
    ['no batch axis', { input: ['x', [64]], outputs: { mu: [2] } }, "'x' float32 [64]. Outputs:"],
    [
      'the batch second, as recurrent layers',
      { input: ['x', ['time', 'batch', 3]], outputs: { mu: ['time', 'batch', 2] } },
      "'x' float32 [time, batch, 3]. Outputs:",
    ],
    [
      'an unknown rank',
      { input: ['x'], outputs: { mu: ['N', 2] } },
      "'x' float32 of unknown shape. Outputs:",
    ],
    ['no input', model(graph({ outputs: [value('mu', ['N', 2])] })), 'none. Outputs:'],
  ])('have %s', async (_, encoder, text) => {
    await expect(specOf({ encoder })).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining(start + text),
    });
  });

  it('give nothing in float32 or float16', async () => {
    const encoder = model(graph({ inputs: [value('x', ['N', 4])], outputs: [value('code', ['N', 2], 7)] }));
    await expect(specOf({ encoder })).rejects.toThrow(/no output is a float32 or float16 array/);
  });

  it.each<[string, Dims, Dims]>([
    ['no batch, of an image', [1, 8, 8], [2]],
    ['one number per item', ['N', 64], ['N']],
    ['the batch second, by what the input calls it', ['s0', 5, 3], [4, 's0', 2]],
  ])('give %s', async (_, taken, gives) => {
    await expect(specOf({ encoder: { input: ['x', taken], outputs: { mu: gives } } })).rejects.toMatchObject({
      code: 'unsupported',
      message:
        'e.onnx: no output is a float32 or float16 array with a batch axis first and another behind it. Inputs: ' +
        `'x' float32 [${taken.join(', ')}]. Outputs: 'mu' float32 [${gives.join(', ')}]. Export it that way.`,
    });
  });

  it('may have the batch behind an axis of one, as a recurrent layer alone', async () => {
    const outputs = { mu: [1, 'batch', 2] };
    const { encoder } = await specOf({ encoder: { input: ['x', ['batch', 5, 3]], outputs } });
    expect([encoder!.batch, encoder!.outputs[0]!.item]).toEqual([1, [-1, 2]]);
  });

  it('list no more than eight of many inputs and axes, and long names cut', async () => {
    const many = new Array<string>(5000).fill('');
    const inputs = Array.from({ length: 30 }, (_, i) => value(`input${'x'.repeat(200)}${i}`, many));
    const error = await specOf({ encoder: model(graph({ inputs })) }).catch((error: Error) => error);
    expect((error as Error).message).toMatch(/\[\?, \?, \?, \?, \?, \?, \?, \?, …\].* and 22 more/);
    expect((error as Error).message.length).toBeLessThan(1500);
  });

  it('give names to errors without what a terminal would obey', async () => {
    const encoder = { input: ['x\u001b[2J\n', [64]], outputs: { mu: [2] } } as const;
    await expect(specOf({ encoder })).rejects.toThrow("Inputs: 'x\ufffd[2J\ufffd' float32 [64]");
  });

  it('take float16 as they take float32', async () => {
    const { data } = await specOf({ encoder: { ...encoderOf(['N', 64]), input: ['x', ['N', 64], 10] } });
    expect(data.shape).toEqual([64]);
  });
});

describe('operators', () => {
  it.each(['', 'ai.onnx', 'ai.onnx.ml', 'com.microsoft'])('of %j are known', async (domain) => {
    const nodes = [node('Op', ['x'], ['mu'], { domain })];
    expect((await specOf({ encoder: { ...encoderOf(['N', 64]), nodes } })).name).toBe('theirs');
  });

  it('of another domain are refused by name', async () => {
    const nodes = [node('NMS', ['x'], ['mu'], { domain: 'mmdeploy' })];
    await expect(specOf({ encoder: { ...encoderOf(['N', 64]), nodes } })).rejects.toMatchObject({
      code: 'unsupported',
      message:
        'e.onnx: operator "NMS" is of the domain "mmdeploy", which needs a library of its own; known are ai.onnx, ' +
        'ai.onnx.ml and com.microsoft. Export the model without it.',
    });
  });
});
