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
const halfOf = (half: HalfName, weights = state): OnnxModel => {
  const graph = graphOf(programs, half);
  return simplify(lower(graph, exportTarget, { weights: weightsOf(graph, weights) }));
};

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
      toFloat16(halfOf(half)).nodes.flatMap(({ op, inputs, attributes }) =>
        op === 'Cast' ? [[inputs[0], attributes.to]] : [],
      );
    expect(casts('encoder')).toEqual([
      ['x', 10],
      [expect.stringMatching(/^MatMul/), 1],
    ]);
    expect(casts('decoder')).toEqual([
      ['z', 10],
      [expect.stringMatching(/^ConvTranspose/), 1],
    ]);
  });

  it('has every number of float32 as float16', () => {
    const { initializers } = toFloat16(halfOf('decoder'));
    expect(new Set(initializers.map(({ type }) => type))).toEqual(new Set(['float16', 'int64']));
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
