import { normal } from '@vae/sdk/random';
import { describe, expect, it } from 'vitest';
import { gradients } from '../../autodiff/gradients.js';
import { buildGraph, type Graph } from '../../graph/graph.js';
import { isStatic, resolveShape, sizeOf } from '../../graph/shape.js';
import { constant, gradientName, input, type Value } from '../../graph/value.js';
import type { OnnxModel } from '../../onnx/model.js';
import { writeOnnx } from '../../onnx/writer.js';
import {
  add,
  concat,
  conv,
  expand,
  flatten,
  matMul,
  mul,
  ops,
  reduceSum,
  relu,
  reshape,
  sigmoid,
  square,
  sub,
  sumAll,
  tanh,
  transpose,
} from '../../ops/index.js';
import { caseInputs, drawCase, type OpCase, opCases } from '../../testing/op-cases.js';
import type { FloatArray } from '../../testing/run-onnx.js';
import { lowerForCpu } from './index.js';
import { cpuRows } from './rows.js';
import { differenceForCpu } from './testing.js';

const TOLERANCE = 1e-5;

const draw = (name: string, shape: readonly number[]): FloatArray => ({
  shape,
  data: normal({ seed: 3, stream: name }, sizeOf(shape)),
});

const drawAll = (graph: Graph, batch: number): Record<string, FloatArray> =>
  Object.fromEntries(graph.inputs.map(({ name, shape }) => [name, draw(name, resolveShape(shape, batch))]));

/** Batches of 1 and 3, for sessions of one thread and of two. */
async function check(graph: Graph, feedsOf = (batch: number) => drawAll(graph, batch)): Promise<void> {
  for (const batch of [1, 3])
    for (const threads of [1, 2]) {
      const difference = await differenceForCpu(graph, feedsOf(batch), { batch, threads });
      expect(difference, `batch ${batch}, ${threads} threads`).toBeLessThanOrEqual(TOLERANCE);
    }
}

const batchInput = input('batch', 'data', ['N'], 'Tells how many samples there are.');

/** A case and the gradients of Σ r·y; inputs without samples have a role, as parameters do. */
function caseGraph(opCase: OpCase, role: 'data' | 'state'): Graph {
  const inputs = caseInputs(opCase).map((item) => (isStatic(item.shape) ? { ...item, role } : item));
  const y = opCase.of(...inputs);
  const r = input('r', 'data', y.shape, 'Weight of every element of the result.');
  const slopes = opCase.op === 'Step' ? [] : gradients(sumAll(mul(r, y)), inputs);
  const named = slopes.map((slope, i) => [gradientName(inputs[i].name), slope]);
  return buildGraph('case', { y, ...Object.fromEntries(named) }, [...inputs, r, batchInput]);
}

describe('every operator', () => {
  it('has a row', () => {
    expect(Object.keys(cpuRows).sort()).toEqual(Object.keys(ops).sort());
  });

  it.each(opCases)('and its gradient are what the reference computes: $title', async (opCase) => {
    for (const role of ['data', 'state'] as const) {
      const graph = caseGraph(opCase, role);
      await check(graph, (batch) => {
        const cases = drawCase(opCase, batch).map((data, i) => {
          const shape = resolveShape(opCase.shapes[i], batch);
          return [`x${i}`, { data, shape }];
        });
        return { ...drawAll(graph, batch), ...Object.fromEntries(cases) };
      });
    }
  });
});

const parameter = (name: string, ...shape: number[]) => input(name, 'state', shape, 'Parameter.');
const x = input('x', 'data', ['N', 4], 'Samples.');
const w = parameter('w', 4, 3);
const b = parameter('b', 3);

const withGradients = (loss: Value, ...parameters: ReturnType<typeof parameter>[]) =>
  buildGraph('step', {
    loss,
    ...Object.fromEntries(
      gradients(loss, parameters).map((slope, i) => [gradientName(parameters[i].name), slope]),
    ),
  });

const opsOf = ({ nodes }: OnnxModel): string[] => nodes.map(({ op }) => op);

describe('a dense layer', () => {
  const graph = withGradients(sumAll(square(relu(add(matMul(x, w), b)))), w, b);

  it('is one product with its bias, next to the activation', () => {
    const forward = buildGraph('forward', { y: relu(add(matMul(x, w), b)) });
    const { model } = lowerForCpu(forward, { batch: 5 });
    expect(opsOf(model)).toEqual(['Transpose', 'Gemm', 'Relu', 'Transpose']);
    const [gemm, activation] = model.nodes.slice(1);
    expect(activation.inputs).toEqual(gemm.outputs);
  });

  it('has its weights and their gradient transposed, and says so', async () => {
    const { model, layouts } = lowerForCpu(graph, { batch: 5 });
    expect([...layouts]).toEqual([['w', [1, 0]]]);
    const dims = (name: string) =>
      [...model.inputs, ...model.outputs].find((info) => info.name === name)?.dims;
    expect([dims('w'), dims('w.gradient')]).toEqual([
      [3, 4],
      [3, 4],
    ]);
    const product = model.nodes.find(({ outputs }) => outputs[0] === 'w.gradient');
    expect(['Gemm', 'MatMul']).toContain(product?.op);
    await check(graph);
  });

  it('has its biases and their gradient as columns, which no node has to make of them', async () => {
    const { model } = lowerForCpu(graph, { batch: 5 });
    const infos = [...model.inputs, ...model.outputs].filter(({ name }) => name.startsWith('b'));
    expect(infos.map(({ name, dims }) => [name, dims])).toEqual([
      ['b', [3, 1]],
      ['b.gradient', [3, 1]],
    ]);
    const around = model.nodes.filter(({ inputs, outputs }) =>
      [...inputs, ...outputs].some((n) => n[0] === 'b'),
    );
    expect(around.map(({ op }) => op)).toEqual(['Gemm', 'ReduceSum']);
  });

  it('adds what is not a bias by itself', async () => {
    const rows = input('rows', 'data', ['N', 3], 'Samples.');
    const product = matMul(x, w);
    for (const y of [add(product, rows), add(product, 2), add(product, tanh(product)), add(rows, product)]) {
      const sums = buildGraph('sums', { y });
      expect(opsOf(lowerForCpu(sums, { batch: 2 }).model)).toContain('Add');
      await check(sums);
    }
    await check(buildGraph('both', { product, y: add(product, b) }));
    await check(buildGraph('left', { y: add(b, product) }));
  });
});

describe('parameters', () => {
  it('may be read in more than one way', async () => {
    const decay = sumAll(square(w));
    const tied = matMul(relu(matMul(x, w)), w, { transB: true });
    const graph = withGradients(add(sumAll(square(sub(tied, x))), decay), w);
    expect([...lowerForCpu(graph, { batch: 2 }).layouts]).toEqual([['w', [1, 0]]]);
    await check(graph);
  });

  it('may have a gradient of zeros, and one that another output shares', async () => {
    const unused = parameter('unused', 2, 3);
    const [dw, zeros] = gradients(sumAll(matMul(x, w)), [w, unused]);
    await check(
      buildGraph('g', { 'w.gradient': dw, again: dw, 'unused.gradient': zeros, sum: sumAll(matMul(x, w)) }),
    );
  });
});

describe('samples', () => {
  it('may come as several rows each', async () => {
    const rows = reshape(expand(reshape(x, ['N', 1, 4]), ['N', 3, 4]), ['3N', 4]);
    const each = reshape(reduceSum(sigmoid(add(matMul(rows, w), b)), [1]), ['N', 3]);
    await check(withGradients(sumAll(square(each)), w, b));
  });

  it('may have their axes moved', async () => {
    const image = input('image', 'data', ['N', 2, 3, 5], 'Samples.');
    const swapped = transpose(tanh(image), [0, 2, 3, 1]);
    const scale = parameter('scale', 2);
    const y = mul(swapped, scale);
    const flat = concat([flatten(y), flatten(transpose(y, [0, 3, 1, 2]))], 1);
    const across = transpose(flat, [1, 0]);
    await check(
      buildGraph('moved', { y, flat, across, dots: matMul(flat, across), back: transpose(y, [3, 0, 2, 1]) }),
    );
    await check(withGradients(sumAll(mul(y, square(y))), scale));
  });

  it('may be compared with each other', async () => {
    const square1 = square(sub(reshape(x, ['N', 1, 4]), reshape(x, [1, 'N', 4])));
    const distances = reduceSum(square1, [2]);
    await check(buildGraph('pairs', { distances, total: sumAll(distances) }));
  });

  it('may be repeated numbers that nothing writes out before it must', async () => {
    const one = reshape(reduceSum(x, [1]), ['N', 1]);
    const repeated = expand(one, ['N', 4]);
    await check(
      buildGraph('g', { repeated, twice: add(repeated, repeated), sum: reduceSum(mul(repeated, 2), [1]) }),
    );
  });
});

describe('names', () => {
  it('of outputs may be those of inputs and constants, and of values with two names', () =>
    check(
      buildGraph('g', {
        y: x,
        one: constant(1.5),
        row: constant({ data: Float32Array.of(1, 2, 3), shape: [3, 1] }),
        a: tanh(x),
        Tanh: tanh(x),
        flat: reshape(x, ['4N']),
        product: matMul(x, w),
      }),
    ));
});

describe('the same graph', () => {
  it('gives the same bytes, and other bytes for another batch or more threads', () => {
    const build = () => {
      const image = input('image', 'data', ['N', 1, 6, 6], 'Images.');
      const kernel = parameter('kernel', 2, 1, 3, 3);
      const y = conv(image, kernel, { strides: [1, 1], pads: [1, 1, 1, 1] });
      return withGradients(
        sumAll(square(conv(relu(y), parameter('back', 1, 2, 3, 3), { strides: [2, 2], pads: [0, 0, 0, 0] }))),
        kernel,
      );
    };
    const bytes = (batch: number, threads?: number) =>
      Buffer.from(writeOnnx(lowerForCpu(build(), { batch, threads }).model)).toString('base64');
    expect(bytes(9)).toBe(bytes(9));
    expect(bytes(9, 1)).toBe(bytes(9));
    expect(bytes(9, 2)).toBe(bytes(9, 8));
    expect(new Set([bytes(9), bytes(10), bytes(9, 2)]).size).toBe(3);
  });
});
