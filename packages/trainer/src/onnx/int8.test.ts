import { normal } from '@vae/sdk/random';
import { loadRuntime } from '@vae/sdk/runtime';
import { describe, expect, it } from 'vitest';
import { toInt8 } from './int8.js';
import type { OnnxModel, OnnxNode, OnnxTensor } from './model.js';
import { writeOnnx } from './writer.js';

const sizeOf = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);

interface Case {
  readonly op: string;
  readonly attributes?: OnnxNode['attributes'];
  readonly weight: readonly number[];
  readonly axis: 0 | 1;
  readonly input: readonly number[];
}

/** A product with weights of channels of very different sizes, and a bias. */
function modelOf({ op, attributes = {}, weight: dims, axis, input }: Case): OnnxModel {
  const inner = sizeOf(dims.slice(axis + 1));
  const channel = (i: number) => Math.floor(i / inner) % dims[axis];
  const data = normal({ seed: 1, stream: op }, sizeOf(dims)).map(
    (value, i) => value * 10 ** -(channel(i) % 4),
  );
  const bias = normal({ seed: 2, stream: op }, dims[axis]);
  const hasBias = op !== 'MatMul';
  return {
    name: 'g',
    doc: '',
    inputs: [{ name: 'x', dims: ['N', ...input] }],
    outputs: [{ name: 'y', dims: ['N', ...input.map((_, i) => `y${i}`)] }],
    nodes: [{ op, inputs: hasBias ? ['x', 'w', 'b'] : ['x', 'w'], outputs: ['y'], attributes }],
    initializers: [
      { name: 'w', type: 'float32', dims, data },
      ...(hasBias ? [{ name: 'b', type: 'float32' as const, dims: [dims[axis]], data: bias }] : []),
    ],
  };
}

const cases: Case[] = [
  { op: 'MatMul', weight: [64, 20], axis: 1, input: [64] },
  { op: 'Gemm', weight: [64, 20], axis: 1, input: [64] },
  { op: 'Gemm', attributes: { transB: 1 }, weight: [20, 64], axis: 0, input: [64] },
  { op: 'Conv', weight: [12, 16, 3, 3], axis: 0, input: [16, 5, 5] },
  { op: 'ConvTranspose', weight: [16, 12, 3, 3], axis: 1, input: [16, 5, 5] },
];

/** round(w / s) · s with s = max |w| / 127 over the channel: what the file should compute with, in float64. */
function roundedWeights({ data, dims }: OnnxTensor, axis: 0 | 1): Float32Array {
  const inner = sizeOf(dims.slice(axis + 1));
  const channel = (i: number) => Math.floor(i / inner) % dims[axis];
  const values = Array.from(data as Float32Array);
  return Float32Array.from(values, (value, i) => {
    const scale = Math.max(...values.filter((_, j) => channel(j) === channel(i)).map(Math.abs)) / 127;
    return Math.round(value / scale) * scale;
  });
}

const tensor = ({ initializers }: OnnxModel, name: string) =>
  initializers.find((item) => item.name === name)!;

describe('an int8 model', () => {
  it.each(['cpu', 'wasm'] as const)('computes with the rounded weights on %s', async (device) => {
    const runtime = await loadRuntime({ device });
    for (const item of cases) {
      const model = modelOf(item);
      const w = tensor(model, 'w');
      const expected: OnnxModel = {
        ...model,
        initializers: model.initializers.map((given) =>
          given === w
            ? { name: 'w', dims: w.dims, type: 'float32', data: roundedWeights(w, item.axis) }
            : given,
        ),
      };
      const shape = [3, ...item.input];
      const feed = { x: { shape, data: normal({ seed: 3, stream: 'x' }, sizeOf(shape)) } };
      const [found, wanted] = await Promise.all(
        [toInt8(model), expected].map(async (given) => {
          const session = await runtime.createSession(writeOnnx(given));
          const { y } = await session.run(feed);
          await session.release();
          return Array.from(y.data as Float32Array);
        }),
      );
      const scale = Math.max(...wanted.map(Math.abs));
      const difference = Math.max(...wanted.map((value, i) => Math.abs(value - found[i])));
      expect(difference / scale, item.op).toBeLessThan(1e-5);
    }
  });

  it.each(cases)('stores a byte for a weight of $op $weight and a scale for a channel', (item) => {
    const model = toInt8(modelOf(item));
    const w = tensor(model, 'w');
    const scale = tensor(model, 'w.scale');
    expect([w.type, w.dims, scale.type, sizeOf(scale.dims)]).toEqual([
      'int8',
      item.weight,
      'float32',
      item.weight[item.axis],
    ]);
    expect(Math.max(...Array.from(w.data, Math.abs))).toBe(127);
    expect(
      model.initializers.filter(({ name }) => name === 'b').every(({ type }) => type === 'float32'),
    ).toBe(true);
    const saved = writeOnnx(modelOf(item)).length - writeOnnx(model).length;
    expect(saved).toBeGreaterThan(3 * sizeOf(item.weight) - 4 * item.weight[item.axis] - 200);
  });

  it.each([
    ['few numbers', { op: 'MatMul', weight: [30, 34], axis: 1, input: [30] }],
    ['few numbers for each output', { op: 'Gemm', weight: [7, 300], axis: 1, input: [7] }],
  ] as const)('leaves a tensor of %s as it is', (_, item) => {
    const model = modelOf(item);
    expect(toInt8(model)).toEqual(model);
  });

  it('takes a channel of zeros, and takes up no name that is there', () => {
    const model = modelOf(cases[1]);
    const w = tensor(model, 'w');
    const data = (w.data as Float32Array).map((value, i) => (i % 20 === 3 ? 0 : value));
    const nodes = model.nodes.map((node) => ({ ...node, outputs: ['Cast'] }));
    const rounded = toInt8({
      ...model,
      nodes,
      initializers: [{ name: 'w', dims: w.dims, type: 'float32', data }, tensor(model, 'b')],
    });
    const zeros = Array.from(tensor(rounded, 'w').data as Int8Array).filter((_, i) => i % 20 === 3);
    expect(zeros.every((value) => value === 0)).toBe(true);
    const names = rounded.nodes.flatMap(({ outputs }) => outputs);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each([Number.POSITIVE_INFINITY, Number.NaN])('is refused for a weight of %s', (value) => {
    const model = modelOf(cases[0]);
    (tensor(model, 'w').data as Float32Array)[5] = value;
    expect(() => toInt8(model)).toThrow(
      expect.objectContaining({
        code: 'export-failed',
        message: expect.stringContaining('weights "w" hold'),
      }),
    );
  });
});
