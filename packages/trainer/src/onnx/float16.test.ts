import { normal } from '@vae/sdk/random';
import { loadRuntime } from '@vae/sdk/runtime';
import { describe, expect, it } from 'vitest';
import { graphOf, type HalfName, weightsOf } from '../export/halves.js';
import { buildPrograms, initialState } from '../programs.js';
import { exportTarget } from '../targets/export.js';
import { lower } from '../targets/lower.js';
import { everyLayer, TINY_SHAPE, tinyRecipe } from '../testing/tiny-training.js';
import { toFloat16 } from './float16.js';
import type { OnnxModel } from './model.js';
import { simplify } from './simplify.js';
import { writeOnnx } from './writer.js';

const programs = buildPrograms(tinyRecipe({ model: everyLayer }), TINY_SHAPE);
const state = initialState(programs, 5);
const halfOf = (half: HalfName, weights = state, from = programs): OnnxModel => {
  const graph = graphOf(from, half);
  return simplify(lower(graph, exportTarget, { weights: weightsOf(graph, weights) }));
};

/** A half of a network in which nothing is normalised. */
function plainHalf(half: HalfName): OnnxModel {
  const model = {
    latent: 3,
    encoder: [{ type: 'conv2d', filters: 3, kernel: 3, stride: 2 }, 'relu', 'flatten'],
    decoder: [
      { type: 'dense', units: 16 },
      { type: 'reshape', shape: [1, 4, 4] },
      { type: 'conv2dTranspose', filters: 'channels', kernel: 3, stride: 2, padding: 'same' },
      'sigmoid',
    ],
  };
  const plain = buildPrograms(tinyRecipe({ model }), TINY_SHAPE);
  return halfOf(half, initialState(plain, 5), plain);
}

describe('a float16 model', () => {
  it.each(['cpu', 'wasm'] as const)(
    'computes within 1e-2 of float32 on %s, all in float32 outside',
    async (device) => {
      const runtime = await loadRuntime({ device });
      for (const half of ['encoder', 'decoder'] as const) {
        const exact = halfOf(half);
        const [{ name, dims }] = exact.inputs;
        const shape = [7, ...(dims.slice(1) as number[])];
        const data = normal(
          { seed: 1, stream: name },
          shape.reduce((product, dim) => product * dim, 1),
        );
        const sessions = await Promise.all(
          [exact, toFloat16(exact)].map((model) => runtime.createSession(writeOnnx(model))),
        );
        const [expected, found] = await Promise.all(
          sessions.map((session) => session.run({ [name]: { data, shape } })),
        );
        expect(sessions[1].inputs).toEqual(sessions[0].inputs);
        expect(sessions[1].outputs).toEqual(sessions[0].outputs);
        for (const [output, { data }] of Object.entries(expected)) {
          const differences = Array.from(data as Float32Array, (value, i) =>
            Math.abs(value - Number(found[output].data[i])),
          );
          expect(Math.max(...differences), output).toBeLessThan(1e-2);
          // Rounded weights cannot give the same numbers: it is another file that ran.
          expect(Math.max(...differences), output).toBeGreaterThan(0);
        }
        for (const session of sessions) await session.release();
      }
    },
  );

  it('has one Cast in and one out, before the reshapes and sigmoids at the end', () => {
    const casts = (half: HalfName) =>
      toFloat16(plainHalf(half)).nodes.flatMap(({ op, inputs, attributes }) =>
        op === 'Cast' ? [[inputs[0], attributes.to]] : [],
      );
    expect(casts('encoder')).toEqual([
      ['x', 10],
      [expect.stringMatching(/^(MatMul|Gemm)/), 1],
    ]);
    expect(casts('decoder')).toEqual([
      ['z', 10],
      [expect.stringMatching(/^ConvTranspose/), 1],
    ]);
  });

  it('has every number of float32 as float16', () => {
    const { initializers } = toFloat16(plainHalf('decoder'));
    expect(new Set(initializers.map(({ type }) => type))).toEqual(new Set(['float16', 'int64']));
  });

  it('computes means and variances in float32, whose sums are more than 65504', async () => {
    const model = {
      latent: 3,
      encoder: [{ type: 'groupNorm', groups: 1 }, 'flatten'],
      decoder: [{ type: 'dense', units: 'data' as const }],
    };
    const normalised = buildPrograms(tinyRecipe({ model }), TINY_SHAPE);
    const exact = halfOf('encoder', initialState(normalised, 5), normalised);
    const halves = toFloat16(exact);
    const sums = halves.nodes.filter(({ op }) => op === 'ReduceSum');
    expect(sums[0].inputs[0]).toBe('x');
    const float32 = halves.initializers.filter(({ type }) => type === 'float32');
    expect(float32.flatMap(({ data }) => [...data])).toEqual(
      expect.arrayContaining([1 / 64, Math.fround(1e-5)]),
    );
    // Numbers around 400: their squares around the mean, ±300, are 90,000.
    const runtime = await loadRuntime({ device: 'cpu' });
    const feed = {
      x: { data: Float32Array.from({ length: 64 }, (_, i) => (i % 2 ? 700 : 100)), shape: [1, 1, 8, 8] },
    };
    const [expected, found] = await Promise.all(
      [exact, halves].map(async (file) => (await runtime.createSession(writeOnnx(file))).run(feed)),
    );
    const far = Array.from(expected.mean.data as Float32Array, (value, i) =>
      Math.abs(value - Number(found.mean.data[i])),
    );
    expect(Math.max(...far)).toBeLessThan(1e-2);
  });

  it('keeps an output that other operators read, in both precisions', () => {
    const model: OnnxModel = {
      name: 'g',
      doc: '',
      inputs: [{ name: 'x', dims: ['N'] }],
      outputs: ['y', 'z', 'x_float16'].map((name) => ({ name, dims: ['N'] })),
      nodes: [
        { op: 'Exp', inputs: ['x'], outputs: ['y'], attributes: {} },
        { op: 'Neg', inputs: ['y'], outputs: ['z'], attributes: {} },
        { op: 'Sigmoid', inputs: ['y'], outputs: ['x_float16'], attributes: {} },
      ],
      initializers: [],
    };
    expect(toFloat16(model).nodes.map(({ op, inputs, outputs }) => `${outputs} = ${op}(${inputs})`)).toEqual([
      'Cast = Cast(x)',
      'y_float16 = Exp(Cast)',
      'y = Cast(y_float16)',
      'z_float16 = Neg(y_float16)',
      'z = Cast(z_float16)',
      'x_float16 = Sigmoid(y)',
    ]);
  });

  it.each([1e6, -65520])('is refused for a weight of %s, by its name', (value) => {
    const name = 'decoder.0-dense.weight';
    const data = state[name].data.slice();
    data[7] = value;
    expect(() => toFloat16(halfOf('decoder', { ...state, [name]: { ...state[name], data } }))).toThrow(
      expect.objectContaining({
        name: 'TrainerError',
        code: 'export-failed',
        message: expect.stringContaining(
          `weights "${name}" hold ${value}, and the largest number of float16 is 65504`,
        ),
      }),
    );
  });
});
