import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { create, specSchema } from '../choice.js';
import { resolveShape } from '../graph/shape.js';
import { input } from '../graph/value.js';
import { difference, numbersOf } from '../testing/numbers-of.js';
import { layers } from './index.js';
import { LayerScope } from './layer.js';
import { Trace } from './trace.js';

const cycle = (count: number, period: number) =>
  Array.from({ length: count }, (_, i) => (i % period) - Math.floor(period / 2));
const sizeOf = (shape: readonly number[]) => shape.reduce((size, dim) => size * dim, 1);

/** One layer on samples of one shape: its result, parameters and, given numbers, values. */
function use(spec: unknown, shape: readonly number[], { training = true, dataShape = [1, 8, 8] } = {}) {
  const trace = new Trace(training, dataShape);
  const x = input('x', 'data', ['N', ...shape], '');
  const layer = create(layers, v.parse(specSchema(layers), spec));
  const y = layer(x, new LayerScope(trace, 'layer', 'glorotUniform'));
  const values = (feeds: Record<string, ArrayLike<number>>, batch = 1) => numbersOf(y, feeds, batch);
  return { y, trace, values, shape: resolveShape(y.shape, 1).slice(1) };
}

describe('activations', () => {
  const x = [-2, -0.5, 0, 0.5, 2];
  // Numbers of jax.nn, JAX 0.10.2 in float64; gelu with approximate=False
  const rows: [unknown, readonly number[]][] = [
    ['relu', [0, 0, 0, 0.5, 2]],
    ['tanh', [-0.9640275800758169, -0.4621171572600098, 0, 0.4621171572600098, 0.9640275800758169]],
    ['sigmoid', [0.11920292202211755, 0.3775406687981454, 0.5, 0.6224593312018546, 0.8807970779778823]],
    ['softplus', [0.1269280110429725, 0.4740769841801067, Math.LN2, 0.9740769841801067, 2.1269280110429727]],
    ['silu', [-0.2384058440442351, -0.1887703343990727, 0, 0.3112296656009273, 1.7615941559557646]],
    ['gelu', [-0.04550026389635841, -0.15426876936299344, 0, 0.34573123063700656, 1.9544997361036416]],
    [{ type: 'elu', alpha: 0.7 }, [-0.6052653017343711, -0.27542853820115654, 0, 0.5, 2]],
    ['elu', [Math.expm1(-2), Math.expm1(-0.5), 0, 0.5, 2]],
    [{ type: 'leakyRelu', alpha: 0.2 }, [-0.4, -0.1, 0, 0.5, 2]],
    ['leakyRelu', [-0.02, -0.005, 0, 0.5, 2]],
  ];

  it.each(rows)('%j', (spec, expected) => {
    const { y, values, trace } = use(spec, [5]);
    expect(difference(values({ x }), expected)).toBeLessThan(1e-14);
    expect(y.shape).toEqual(['N', 5]);
    expect(trace.parameters.size).toBe(0);
    expect(use(spec, [2, 3, 4]).shape).toEqual([2, 3, 4]);
  });
});

describe('dense', () => {
  const x = [1, 2, -1, 0.5, 0, 3];
  const weight = [1, -1, 0, 2, 3, 1];

  it('is x·W + b', () => {
    const { values, shape, trace } = use({ type: 'dense', units: 2 }, [3]);
    const found = values({ x, 'layer.weight': weight, 'layer.bias': [10, 20] }, 2);
    // Rows (1, 2, −1) and (0.5, 0, 3) by the columns (1, 0, 3) and (−1, 2, 1)
    expect(found).toEqual([10 - 2, 20 + 2, 10 + 9.5, 20 + 2.5]);
    expect(shape).toEqual([2]);
    expect([...trace.parameters].map(([name, { shape }]) => [name, shape])).toEqual([
      ['layer.weight', [3, 2]],
      ['layer.bias', [2]],
    ]);
  });

  it('goes without a bias', () => {
    const { values, trace } = use({ type: 'dense', units: 2, bias: false }, [3]);
    expect(values({ x, 'layer.weight': weight }, 2)).toEqual([-2, 2, 9.5, 2.5]);
    expect([...trace.parameters.keys()]).toEqual(['layer.weight']);
  });

  it('has as many units as a sample has numbers with "data"', () => {
    expect(use({ type: 'dense', units: 'data' }, [3], { dataShape: [3, 4, 5] }).shape).toEqual([60]);
  });

  it('needs rows of numbers', () => {
    expect(() => use({ type: 'dense', units: 2 }, [1, 2, 3])).toThrow(
      'layer: its input is [N, 1, 2, 3], but it needs 2 axes. Put "flatten" before it.',
    );
  });
});

/** x counts −3 to 3 over and over, the weights −2 to 2. */
const convolved = (spec: object, shape: readonly number[], weightShape: readonly number[]) => {
  const used = use({ ...spec, bias: false }, shape);
  const weight = used.trace.parameters.get('layer.weight')!;
  expect(weight.shape).toEqual(weightShape);
  const feeds = { x: cycle(sizeOf(shape), 7), 'layer.weight': cycle(sizeOf(weightShape), 5) };
  return { shape: used.shape, values: used.values(feeds) };
};

describe('conv2d', () => {
  // Numbers of tf.nn.conv2d, TensorFlow 2.21.0
  const rows = [
    ['same', [4, 5], [3, 3], [2, 2], [2, 2, 3], [5, 3, -19, -7, -12, 1, -6, -27, 32, -1, 11, -2]],
    [
      'same',
      [5, 4],
      [2, 3],
      [1, 2],
      [2, 5, 2],
      [-2, -1, -7, -5, 16, 5, -10, 8, 4, -4, -5, -9, 13, 5, -11, 5, 0, -9, -2, 4],
    ],
    ['same', [4, 4], [1, 2], [3, 3], [2, 2, 2], [8, 0, -9, 4, -1, -2, 1, -4]],
    ['valid', [4, 5], [3, 3], [2, 2], [2, 1, 2], [48, -21, -28, -5]],
    ['valid', [5, 4], [2, 3], [1, 2], [2, 4, 1], [-2, -7, 16, -10, -5, 13, -11, 0]],
    ['valid', [4, 4], [1, 2], [3, 3], [2, 2, 1], [8, -9, -1, 1]],
  ] as const;

  it.each(rows)('%s on %j, kernel %j, stride %j', (padding, size, kernel, stride, shape, values) => {
    const spec = { type: 'conv2d', filters: 2, kernel, stride, padding };
    expect(convolved(spec, [2, ...size], [2, 2, ...kernel])).toEqual({ shape, values });
  });

  it('with explicit pads is the same one padded first', () => {
    // lax.conv_general_dilated of JAX 0.10.2, strides (2, 3), padding ((1, 2), (0, 1))
    const spec = { type: 'conv2d', filters: 3, kernel: [3, 2], stride: [2, 3], padding: [1, 0, 2, 1] };
    expect(convolved(spec, [2, 5, 6], [3, 2, 3, 2])).toEqual({
      shape: [3, 3, 2],
      values: [14, 3, -10, 2, 2, 2, -4, -6, -5, 5, -10, 14, -2, 0, 30, -12, -2, -4],
    });
  });

  it('adds one bias for each filter', () => {
    const { values, shape } = use({ type: 'conv2d', filters: 'channels', kernel: 1 }, [1, 1, 2], {
      dataShape: [3, 8, 8],
    });
    expect(shape).toEqual([3, 1, 2]);
    const found = values({ x: [1, 2], 'layer.weight': [1, 10, 0], 'layer.bias': [0.5, 0, -1] });
    expect(found).toEqual([1.5, 2.5, 10, 20, -1, -1]);
  });

  it('needs an image larger than its window', () => {
    const spec = { type: 'conv2d', filters: 2, kernel: 3 };
    expect(() => use(spec, [9])).toThrow(
      'layer: its input is [N, 9], but it needs 4 axes. Put "reshape" before it, or, where these are the data, have a ' +
        'recipe written for them: vae-train init --data SPEC',
    );
    expect(() => use(spec, [1, 2, 2])).toThrow('leaves nothing of [N, 1, 2, 2]');
  });
});

describe('conv2dTranspose', () => {
  // Numbers of keras.layers.Conv2DTranspose, Keras 3.15.1 on TensorFlow 2.21.0
  const rows = [
    [
      'same',
      [2, 3],
      [3, 3],
      [2, 2],
      [2, 4, 6],
      [
        9, 9, -5, -4, 6, -3, -6, -6, 10, -4, 2, -2, 8, -8, -10, 5, -5, 4, 1, 0, 0, 2, -1, 4, -6, 9, 5, 1, -6,
        0, -6, -6, 0, 1, 0, 1, 9, 8, -5, -6, 9, -6, 2, 1, 0, 1, 0, 1,
      ],
    ],
    ['same', [2, 2], [2, 4], [1, 2], [2, 2, 4], [3, 3, 1, 2, 6, 1, 8, -1, -8, 7, -5, 2, -9, -13, 14, -5]],
    [
      'same',
      [2, 2],
      [1, 2],
      [3, 3],
      [2, 6, 6],
      [
        8, 1, 0, 8, -2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, -5, 0, -6, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, -1, -3, 0, -2, -2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -3, -1, 0, 3, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0,
      ],
    ],
    [
      'valid',
      [2, 3],
      [3, 3],
      [2, 2],
      [2, 5, 7],
      [
        9, 9, -5, -4, 6, -3, 4, -6, -6, 10, -4, 2, -2, 0, 8, -8, -10, 5, -5, 4, -1, 1, 0, 0, 2, -1, 4, -3, -2,
        2, 0, 0, 1, -2, 1, -6, 9, 5, 1, -6, 0, -3, -6, -6, 0, 1, 0, 1, -2, 9, 8, -5, -6, 9, -6, 4, 2, 1, 0, 1,
        0, 1, 4, -1, -2, 0, -1, -3, 0, -2,
      ],
    ],
    [
      'valid',
      [2, 2],
      [2, 4],
      [1, 2],
      [2, 3, 6],
      [
        5, 3, 3, 1, 2, 2, -9, 6, 1, 8, -1, -4, -8, -1, 7, 6, 0, -3, -1, -8, 7, -5, 2, 2, 6, -9, -13, 14, -5,
        2, 3, 5, -11, -7, 6, 3,
      ],
    ],
  ] as const;

  it.each(rows)('%s on %j, kernel %j, stride %j', (padding, size, kernel, stride, shape, values) => {
    const spec = { type: 'conv2dTranspose', filters: 2, kernel, stride, padding };
    const found = convolved(spec, [2, ...size], [2, 2, ...kernel]);
    expect(found.shape).toEqual(shape);
    expect(difference(found.values, values)).toBe(0);
  });

  it.each([
    [3, 2, 1, 0, 7],
    [3, 2, 1, 1, 8],
    [4, 2, 1, 0, 8],
    [5, 1, 2, 0, 4],
    [2, 3, 0, 2, 13],
  ])(
    'kernel %i, stride %i, padding %i, output padding %i make %i of 4',
    (kernel, stride, padding, outputPadding, size) => {
      // (H − 1)·stride − 2·padding + (kernel − 1) + outputPadding + 1, as PyTorch's ConvTranspose2d has it
      expect(3 * stride - 2 * padding + kernel - 1 + outputPadding + 1).toBe(size);
      const spec = { type: 'conv2dTranspose', filters: 5, kernel, stride, padding, outputPadding };
      expect(use(spec, [2, 4, 4]).shape).toEqual([5, size, size]);
    },
  );

  it('refuses an output padding beside a named padding, or as large as the stride', () => {
    const spec = { type: 'conv2dTranspose', filters: 5, kernel: 3, stride: 2 };
    expect(() => use({ ...spec, padding: 'same', outputPadding: 1 }, [2, 4, 4])).toThrow(
      'layer: outputPadding goes with explicit padding; "same" works it out itself.',
    );
    expect(() => use({ ...spec, padding: 1, outputPadding: 2 }, [2, 4, 4])).toThrow(
      'must be below the stride',
    );
  });
});

describe('flatten and reshape', () => {
  it('keep the numbers in their order', () => {
    const x = cycle(24, 24);
    const flat = use('flatten', [2, 3, 4]);
    const folded = use({ type: 'reshape', shape: [4, 3, 2] }, [2, 3, 4]);
    expect([flat.shape, folded.shape]).toEqual([[24], [4, 3, 2]]);
    expect([flat.values({ x }), folded.values({ x })]).toEqual([x, x]);
  });

  it('refuse another count', () => {
    expect(() => use({ type: 'reshape', shape: [5, 5] }, [2, 3, 4])).toThrow(
      'layer: cannot make [5, 5] (25 numbers) of [2, 3, 4] (24 numbers). Put "flatten" and { "type": "dense", "units": 25 } before it',
    );
  });
});

describe('dropout', () => {
  const spec = { type: 'dropout', keep: 0.8 };

  it('multiplies by a mask that is fed', () => {
    const { trace, values, shape } = use(spec, [4]);
    expect([...trace.noises].map(([name, { source, value }]) => [name, source, value.shape])).toEqual([
      ['layer.mask', { kind: 'mask', keep: 0.8 }, ['N', 4]],
    ]);
    expect(values({ x: [1, 2, 3, 4], 'layer.mask': [0, 1.25, 1.25, 0] })).toEqual([0, 2.5, 3.75, 0]);
    expect(shape).toEqual([4]);
  });

  it('does nothing outside of training, and nothing when all is kept', () => {
    for (const { y, trace } of [
      use(spec, [4], { training: false }),
      use({ type: 'dropout', keep: 1 }, [4]),
    ]) {
      expect(y.kind).toBe('input');
      expect(trace.noises.size).toBe(0);
    }
  });
});

describe('first weights', () => {
  // Layer on 6 channels (or 54 numbers), inputs that one output sees, outputs that one input reaches
  const rows: [object, number, number][] = [
    [{ type: 'dense', units: 40 }, 54, 40],
    [{ type: 'conv2d', filters: 20, kernel: 3 }, 6 * 9, 20 * 9],
    [{ type: 'conv2dTranspose', filters: 20, kernel: 3 }, 6 * 9, 20 * 9],
  ];

  it.each(rows)('of %j are as large as its %i inputs and %i outputs ask for', (spec, fanIn, fanOut) => {
    const shape = 'units' in spec ? [54] : [6, 3, 3];
    for (const [init, limit] of [
      [undefined, Math.sqrt(6 / (fanIn + fanOut))],
      ['heUniform', Math.sqrt(6 / fanIn)],
    ] as const) {
      const { trace } = use({ ...spec, init }, shape);
      const weight = trace.parameters.get('layer.weight')!;
      const values = new Float32Array(sizeOf(weight.shape));
      weight.initializer(values, 0, 'layer.weight');
      const largest = Math.max(...values.map(Math.abs));
      expect(largest).toBeLessThanOrEqual(Math.fround(limit));
      expect(largest).toBeGreaterThan(0.98 * limit);
    }
  });
});

it('every layer has a test above, or in a file beside this one', () => {
  const tested = ['dense', 'conv2d', 'conv2dTranspose', 'flatten', 'reshape', 'dropout'];
  const beside = ['groupNorm', 'layerNorm', 'residual'];
  const activations = ['relu', 'leakyRelu', 'elu', 'gelu', 'silu', 'tanh', 'sigmoid', 'softplus'];
  expect(Object.keys(layers).sort()).toEqual([...tested, ...beside, ...activations].sort());
});
