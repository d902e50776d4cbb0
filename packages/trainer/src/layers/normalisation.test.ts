import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { gradients } from '../autodiff/gradients.js';
import { create } from '../choice.js';
import { evaluate } from '../engines/reference/index.js';
import { buildGraph } from '../graph/graph.js';
import { input, type Value } from '../graph/value.js';
import { writeOnnx } from '../onnx/writer.js';
import { mul, sumAll } from '../ops/index.js';
import { exportTarget } from '../targets/export.js';
import { lower } from '../targets/lower.js';
import { checkGradient, GRADIENT_TOLERANCE } from '../testing/check-gradient.js';
import { difference, numbersOf } from '../testing/numbers-of.js';
import { runOnnx } from '../testing/run-onnx.js';
import { layerSpec, layers } from './index.js';
import { LayerScope } from './layer.js';
import { Trace } from './trace.js';

interface Case {
  readonly spec: { readonly type: string };
  readonly shape: readonly number[];
  readonly factors: readonly number[];
  readonly y: readonly number[];
  readonly x: readonly number[];
  readonly scale: readonly number[];
  readonly shift: readonly number[];
  readonly gradients: Readonly<Record<'x' | 'scale' | 'shift', readonly number[]>>;
}

// What nn.GroupNorm and nn.LayerNorm of PyTorch 2.15.0 compute in float64; test/foreign/make_layers.py writes it.
const { cases } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../../test/foreign/layers-torch/normalisation.json'), 'utf8'),
) as { cases: readonly Case[] };

/** One layer on samples of one shape, with what it is made of. */
function use(spec: unknown, shape: readonly number[]) {
  const trace = new Trace(true, [1, 8, 8]);
  const x = input('x', 'data', ['N', ...shape], '');
  const y = create(layers, v.parse(layerSpec, spec))(x, new LayerScope(trace, 'layer', 'glorotUniform'));
  return { x, y, trace };
}

/** The layer with its parameters as arguments. */
const applied = (spec: unknown) => (x: Value, scale: Value, shift: Value) => {
  const trace = new Trace(true, [1, 8, 8]);
  trace.parameter = (name) => (name.endsWith('scale') ? scale : shift);
  return create(layers, v.parse(layerSpec, spec))(x, new LayerScope(trace, 'layer', 'glorotUniform'));
};

const rows = cases.map((item) => [JSON.stringify(item.spec), item.shape, item] as const);

describe.each(rows)('%s on %j', (_, shape, item) => {
  const { spec, x, scale, shift, factors } = item;
  const used = use(spec, shape);
  const feeds = { x, 'layer.scale': scale, 'layer.shift': shift, factors };

  it('is what PyTorch has, and so are its gradients', () => {
    const factor = input('factors', 'data', ['N', ...shape], '');
    const parameters = ['layer.scale', 'layer.shift'].map((name) => used.trace.parameters.get(name)!.value);
    const slopes = gradients(sumAll(mul(factor, used.y)), [used.x, ...parameters]);
    const outputs = { y: used.y, x: slopes[0], scale: slopes[1], shift: slopes[2] };
    const found = evaluate(buildGraph('g', outputs), feeds, 2);
    for (const [name, expected] of Object.entries({ y: item.y, ...item.gradients }))
      expect(difference(found[name].data, expected), name).toBeLessThan(1e-8);
  });

  it('has the gradient of its own differences', () => {
    const parameters = [...used.trace.parameters.values()];
    const points = [
      { shape: ['N', ...shape] as const, data: x },
      { shape: parameters[0].shape, data: scale },
      { shape: parameters[1].shape, data: shift },
    ];
    const error = checkGradient((...values) => applied(spec)(values[0], values[1], values[2]), points, {
      batch: 2,
    });
    expect(error).toBeLessThan(GRADIENT_TOLERANCE);
  });

  it('is the same for a sample whatever is beside it', () => {
    const half = x.length / 2;
    const alone = [x.slice(0, half), x.slice(half)].flatMap((sample) =>
      numbersOf(used.y, { ...feeds, x: sample }, 1),
    );
    expect(numbersOf(used.y, feeds, 2)).toEqual(alone);
  });
});

describe('the parameters of a normalisation', () => {
  it.each([
    [{ type: 'groupNorm', groups: 2 }, [4, 3, 3], [4, 1, 1]],
    [{ type: 'groupNorm', groups: 2 }, [4], [4]],
    ['layerNorm', [4, 3, 3], [4, 3, 3]],
    ['layerNorm', [5], [5]],
  ] as const)('%j on %j are %j, ones and zeros at first', (spec, shape, expected) => {
    const { trace } = use(spec, shape);
    expect([...trace.parameters].map(([name, { shape }]) => [name, shape])).toEqual([
      ['layer.scale', expected],
      ['layer.shift', expected],
    ]);
    const begins = [...trace.parameters].map(([name, { initializer }]) => {
      const values = new Float32Array([7, 7]);
      initializer(values, 0, name);
      return [...values];
    });
    expect(begins).toEqual([
      [1, 1],
      [0, 0],
    ]);
  });
});

describe('a normalisation in float32', () => {
  it.each([
    [{ type: 'groupNorm', groups: 2 }, [4, 4, 4]],
    ['layerNorm', [64]],
  ] as const)('%j keeps its digits where the mean is a thousand deviations', async (spec, shape) => {
    const { y, x, trace } = use(spec, shape);
    // Whole numbers, which float32 has exactly: 4096 and −1, 0 or 1.
    const data = Float32Array.from({ length: 3 * 64 }, (_, i) => 4096 + ((i * 7) % 3) - 1);
    const feeds = { x: { data, shape: [3, ...shape] } };
    const weights = Object.fromEntries(
      [...trace.parameters].map(([name, { shape, initializer }]) => {
        const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
        initializer(values, 0, name);
        return [name, { data: values, shape }];
      }),
    );
    const graph = buildGraph('g', { y }, [x]);
    const [found] = await runOnnx(writeOnnx(lower(graph, exportTarget, { weights })), feeds);
    const numbers = Object.fromEntries(
      Object.entries({ ...weights, ...feeds }).map(([name, { data }]) => [name, data]),
    );
    const expected = evaluate(graph, numbers, 3).y.data;
    // E[x²] − mean² would be off by whole numbers.
    expect(difference(found.y.data as Float32Array, expected)).toBeLessThan(1e-3);
  });

  it('gives 0 where all numbers are equal', () => {
    const { y } = use({ type: 'groupNorm', groups: 1 }, [2, 2, 2]);
    const feeds = { x: new Array(8).fill(3), 'layer.scale': [1, 1], 'layer.shift': [0, 5] };
    expect(numbersOf(y, feeds)).toEqual([0, 0, 0, 0, 5, 5, 5, 5]);
  });
});

describe('a normalisation is refused', () => {
  it.each([
    [
      { type: 'groupNorm', groups: 32 },
      [48, 4, 4],
      'layer: 32 groups do not divide 48 channels. Set groups to a divisor, such as 24.',
    ],
    [
      { type: 'groupNorm', groups: 8 },
      [3, 4, 4],
      'layer: 8 groups do not divide 3 channels. Set groups to a divisor, such as 3.',
    ],
    [
      { type: 'groupNorm', groups: 6 },
      [6],
      'layer: each group is one number here, which would always become 0. Make groups fewer.',
    ],
    [
      'layerNorm',
      [1],
      'layer: a sample is one number here, which would always become 0. Leave the layer out.',
    ],
  ] as const)('%j on %j', (spec, shape, message) => {
    expect(() => use(spec, shape)).toThrow(expect.objectContaining({ code: 'bad-shape', message }));
  });
});
