import { normal } from '@vae/sdk/random';
import { describe, expect, it } from 'vitest';
import { gradients } from '../autodiff.js';
import { evaluate } from '../engines/reference/index.js';
import { buildGraph, type Graph } from '../graph/graph.js';
import { resolveShape, type Shape } from '../graph/shape.js';
import { apply, constant, type Input, input, type Value } from '../graph/value.js';
import { writeOnnx } from '../onnx/writer.js';
import {
  abs,
  add,
  conv,
  convTranspose,
  div,
  elu,
  erf,
  exp,
  expand,
  flatten,
  ifFinite,
  leakyRelu,
  matMul,
  max,
  min,
  mul,
  neg,
  ops,
  relu,
  reshape,
  sigmoid,
  softplus,
  square,
  step,
  sub,
  sumAll,
  tanh,
} from '../ops/index.js';
import { caseInputs, drawCase, opCases } from '../testing/op-cases.js';
import { messagesOf, numbersOf, readFields, textsOf } from '../testing/read-protobuf.js';
import { type FloatArray, relativeDifference, runOnnx } from '../testing/run-onnx.js';
import { exportTarget } from './export.js';
import { type LowerOptions, lower } from './lower.js';

const TOLERANCE = 1e-5;

/** An input that tells the batch size, for graphs that have no other. */
const batchInput = input('batch', 'data', ['N'], 'Tells how many samples there are.');

const bytesOf = (graph: Graph, options?: LowerOptions) => writeOnnx(lower(graph, exportTarget, options));

const drawInput = ({ name, shape }: Input, batch: number): FloatArray => {
  const extents = resolveShape(shape, batch);
  const count = extents.reduce((product, dim) => product * dim, 1);
  return { shape: extents, data: normal({ seed: 3, stream: name }, count) };
};

const drawAll = (graph: Graph, batch: number): Record<string, FloatArray> =>
  Object.fromEntries(graph.inputs.map((item) => [item.name, drawInput(item, batch)]));

function expectSame(
  graph: Graph,
  found: Readonly<Record<string, FloatArray>>,
  feeds: Readonly<Record<string, FloatArray>>,
  batch: number,
): void {
  const arrays = Object.fromEntries(Object.entries(feeds).map(([name, { data }]) => [name, data]));
  const expected = evaluate(graph, arrays, batch);
  for (const name of graph.outputs.keys()) {
    const { data, shape } = expected[name];
    const difference = relativeDifference(found[name], expected[name]);
    const told = `${name}: [${found[name].data}] [${found[name].shape}], not [${data}] [${shape}]`;
    expect(difference, told).toBeLessThanOrEqual(TOLERANCE);
  }
}

/** One model for any batch at batch 1 and 3, and one model for each of them. */
async function checkExport(
  graph: Graph,
  draw = (batch: number) => drawAll(graph, batch),
  weights: Record<string, FloatArray> = {},
): Promise<void> {
  const fed = (batch: number) =>
    Object.fromEntries(Object.entries(draw(batch)).filter(([name]) => !(name in weights)));
  const batches = [1, 3];
  const open = await runOnnx(bytesOf(graph, { weights }), ...batches.map(fed));
  for (const [i, batch] of batches.entries()) {
    const [fixed] = await runOnnx(bytesOf(graph, { weights, batch }), fed(batch));
    const feeds = { ...draw(batch), ...weights };
    expectSame(graph, open[i], feeds, batch);
    expectSame(graph, fixed, feeds, batch);
  }
}

describe('every operator', () => {
  it('has a row, with a batch in it', () => {
    const rows = new Set<string>(
      opCases.filter(({ shapes }) => shapes.flat().some((dim) => dim === 'N')).map(({ op }) => op),
    );
    expect(Object.keys(ops).filter((name) => !rows.has(name))).toEqual([]);
    expect(Object.keys(exportTarget.rows).sort()).toEqual(Object.keys(ops).sort());
  });

  it.each(opCases)(
    'computes in ONNX Runtime what the reference does, and its gradient: $title',
    async (opCase) => {
      const inputs = caseInputs(opCase);
      const y = opCase.of(...inputs);
      const r = input('r', 'data', y.shape, 'Weight of every element of the result.');
      const slopes = opCase.op === 'Step' ? [] : gradients(sumAll(mul(r, y)), inputs);
      const outputs = { y, ...Object.fromEntries(slopes.map((slope, i) => [`dx${i}`, slope])) };
      const graph = buildGraph('case', outputs, [...inputs, r, batchInput]);
      await checkExport(graph, (batch) => ({
        ...drawAll(graph, batch),
        ...Object.fromEntries(
          drawCase(opCase, batch).map((data, i) => [
            `x${i}`,
            { data, shape: resolveShape(opCase.shapes[i], batch) },
          ]),
        ),
      }));
    },
  );
});

describe('special values', () => {
  const points = [0, 1e-30, -1e-30, 1e-6, -1e-6, 1, -1, 10, -10, 30, -30, 87, -87, 200, -200];
  const x = input('x', 'data', ['N', points.length], 'Zero, small and large.');
  const graphOf = (outputs: Record<string, Value>) => buildGraph('special', outputs, [x]);
  const draw = (batch: number) => ({
    x: {
      shape: [batch, points.length],
      data: Float32Array.from({ length: batch * points.length }, (_, i) => points[i % points.length]),
    },
  });

  it.each<[string, (x: Value) => Value]>([
    ['neg', neg],
    ['exp', exp],
    ['tanh', tanh],
    ['sigmoid', sigmoid],
    ['softplus', softplus],
    ['erf', erf],
    ['step', step],
    ['relu', relu],
    ['abs', abs],
    ['leakyRelu', (v) => leakyRelu(v, 0.2)],
    ['elu', (v) => elu(v, 0.7)],
    ['max', (v) => max(v, 0)],
    ['min', (v) => min(0, v)],
    ['square', square],
    ['softplus, elementwise', (v) => sub(softplus(v), mul(v, 0.5))],
  ])('%s', async (_, f) => {
    const y = f(x);
    await checkExport(graphOf({ y }), draw);
  });

  it('a choice takes the second operand at every finite number, and what it leaves does not count', async () => {
    const largest = (2 - 2 ** -23) * 2 ** 127;
    const tests = [0, -1, largest, -largest, Infinity, -Infinity, NaN];
    const vector = (name: string) => input(name, 'data', [tests.length], '');
    const graph = buildGraph('choice', { y: ifFinite(vector('test'), vector('a'), vector('b')) });
    const finite = [true, true, true, true, false, false, false];
    const feed = (data: number[]) => ({ data: Float32Array.from(data), shape: [tests.length] });
    const feeds = {
      test: feed(tests),
      a: feed(finite.map((yes) => (yes ? 2 : NaN))),
      b: feed(finite.map((yes) => (yes ? Infinity : 3))),
    };
    const [{ y }] = await runOnnx(bytesOf(graph), feeds);
    expect([...y.data]).toEqual([2, 2, 2, 2, 3, 3, 3]);
    const arrays = Object.fromEntries(Object.entries(feeds).map(([name, { data }]) => [name, data]));
    expect([...evaluate(graph, arrays, 1).y.data]).toEqual([2, 2, 2, 2, 3, 3, 3]);
  });

  it('the step is 0 or 1 at every ordinary number, and 0 at 0', async () => {
    const [{ y }] = await runOnnx(bytesOf(graphOf({ y: step(x) })), draw(1));
    expect([...y.data]).toEqual(points.map((value) => (value > 0 ? 1 : 0)));
  });

  it.each<[string, (x: Value) => Value]>([
    ['softplus', softplus],
    ['sigmoid', sigmoid],
    ['tanh', tanh],
    ['elu', (v) => elu(v, 0.7)],
    ['erf', erf],
    ['relu', relu],
    ['abs', abs],
  ])('the gradient of %s stays finite', async (_, f) => {
    const [dx] = gradients(sumAll(f(x)), [x]);
    const graph = graphOf({ dx });
    const results = await runOnnx(bytesOf(graph), draw(3));
    expect([...results[0].dx.data].every(Number.isFinite)).toBe(true);
    expectSame(graph, results[0], draw(3), 3);
  });
});

/** Convolution, dense layer, transposed convolution, and a binary cross entropy: one of everything. */
function network() {
  const x = input('x', 'data', ['N', 1, 6, 5], 'Images.');
  const shapes = {
    'encoder/w': [4, 1, 3, 3],
    'encoder/b': [4, 1, 1],
    'dense/w': [36, 6],
    'dense/b': [6],
    'back/w': [6, 36],
    'decoder/w': [4, 1, 4, 3],
    'decoder/b': [1, 1, 1],
  } satisfies Record<string, number[]>;
  const parameters = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, input(name, 'weight', shape, 'Parameter.')]),
  ) as Record<keyof typeof shapes, Input>;
  const window = { strides: [2, 2], pads: [1, 1, 1, 1] } as const;
  const convolved = elu(add(conv(x, parameters['encoder/w'], window), parameters['encoder/b']), 1);
  const code = tanh(add(matMul(flatten(convolved), parameters['dense/w']), parameters['dense/b']));
  const image = reshape(leakyRelu(matMul(code, parameters['back/w']), 0.1), ['N', 4, 3, 3]);
  const logits = add(convTranspose(image, parameters['decoder/w'], window, [0, 0]), parameters['decoder/b']);
  const loss = div(sumAll(sub(softplus(logits), mul(logits, sigmoid(x)))), 30);
  return { x, parameters, code, logits, loss };
}

describe('a small network', () => {
  const { x, parameters, code, logits, loss } = network();
  const names = Object.keys(parameters);
  const slopes = gradients(loss, Object.values(parameters));
  const step = buildGraph('step', {
    loss,
    ...Object.fromEntries(slopes.map((slope, i) => [`d ${names[i]}`, slope])),
  });

  it('has the reference loss and gradients in ONNX Runtime', () => checkExport(step));

  it('has them after one step down the gradient', () =>
    checkExport(
      buildGraph(
        'update',
        Object.fromEntries(
          Object.values(parameters).map((w, i) => [`${w.name}/next`, sub(w, mul(slopes[i], 0.1))]),
        ),
      ),
    ));

  it('keeps its weights in the file', async () => {
    const graph = buildGraph('encoder', { code, logits }, [x]);
    const all = drawAll(graph, 1);
    const weights = Object.fromEntries(names.map((name) => [name, all[name]]));
    await checkExport(graph, (batch) => drawAll(graph, batch), weights);
    const model = lower(graph, exportTarget, { weights });
    expect(model.inputs.map(({ name }) => name)).toEqual(['x']);
    expect(model.initializers.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
  });

  it('is the same bytes every time', () => {
    const again = network();
    const rebuilt = buildGraph('step', {
      loss: again.loss,
      ...Object.fromEntries(
        gradients(again.loss, Object.values(again.parameters)).map((slope, i) => [`d ${names[i]}`, slope]),
      ),
    });
    expect(Buffer.compare(bytesOf(step), bytesOf(step))).toBe(0);
    expect(Buffer.compare(bytesOf(step), bytesOf(rebuilt))).toBe(0);
    expect(Buffer.compare(bytesOf(step, { batch: 3 }), bytesOf(rebuilt, { batch: 3 }))).toBe(0);
  });

  it('is IR version 8 with the standard operators of set 17, and nothing else', () => {
    const bytes = bytesOf(step, { doc: 'A test.' });
    // Field numbers of onnx.proto. ModelProto: 1 ir_version, 7 graph, 8 opset_import, 20 training_info, 25 functions.
    expect(numbersOf(bytes, 1)).toEqual([8]);
    const imports = messagesOf(bytes, 8);
    expect(imports.map((item) => [textsOf(item, 1), numbersOf(item, 2)])).toEqual([[[''], [17]]]);
    expect(readFields(bytes).filter(({ field }) => field > 8)).toEqual([]);
    // GraphProto: 1 node, 5 initializer. NodeProto: 7 domain. TensorProto: 13 external_data, 14 data_location.
    const [graph] = messagesOf(bytes, 7);
    expect(messagesOf(graph, 1).flatMap((node) => textsOf(node, 7))).toEqual([]);
    const placed = messagesOf(graph, 5).flatMap((item) => readFields(item).filter(({ field }) => field > 12));
    expect(placed).toEqual([]);
  });
});

describe('names', () => {
  const x = input('x', 'data', ['N', 2], 'Anything.');

  it('an output may be an input', () => checkExport(buildGraph('g', { y: x, z: neg(x) })));

  it('an output may be a constant, a scalar or an array', () => {
    const array = constant({ data: Float32Array.of(1, 2, 3), shape: [3, 1] });
    return checkExport(buildGraph('g', { one: constant(1.5), array, sum: add(x, 1.5) }));
  });

  it('a value may have two names, and be used besides', () => {
    const y = exp(x);
    return checkExport(buildGraph('g', { a: y, b: y, c: neg(y), d: x, e: x }));
  });

  it('a row that writes no node may end in an output', () => {
    const [y, z] = [x, neg(x)].map((v) => apply(ops.Pad, [v], { axis: 1, before: 0, after: 0 }));
    return checkExport(buildGraph('g', { y, z, w: z }));
  });

  it('may be those that nodes and constants usually get', () => {
    const [a, b] = ['Add', 'ints'].map((name) => input(name, 'data', ['N', 2], 'Anything.'));
    const sum = add(add(a, b), 0.5);
    const wide = expand(reshape(sum, ['N', 1, 2]), ['N', 3, 2]);
    return checkExport(buildGraph('g', { float: sum, Add_1: sum, Expand: wide, constant: add(b, sum) }));
  });

  it('of open axes stay', () => {
    const y = reshape(expand(reshape(x, ['N', 1, 2]), ['N', 3, 2]), ['3N', 2]);
    const graph = buildGraph('g', { y }, [x]);
    const dims = (batch?: number) => {
      const { inputs, outputs } = lower(graph, exportTarget, { batch });
      return [...inputs, ...outputs].map((info) => info.dims.join());
    };
    expect(dims()).toEqual(['N,2', '3N,2']);
    expect(dims(4)).toEqual(['4,2', '12,2']);
  });

  it('an input that nothing uses is fed all the same', () =>
    checkExport(buildGraph('g', { y: neg(x) }, [batchInput])));

  it('a batch size that no input tells is refused when the graph is written out', () => {
    const shape: Shape = ['N', 2];
    const graph = buildGraph('g', { y: expand(constant(1), shape) });
    expect(() => lower(graph, exportTarget)).toThrow(
      expect.objectContaining({
        code: 'bad-shape',
        message: 'lower: [N, 2] needs N, but no input begins with it. Fix the batch.',
      }),
    );
    expect(lower(graph, exportTarget, { batch: 3 }).outputs[0].dims).toEqual([3, 2]);
  });
});

describe('constants', () => {
  it('are written once', () => {
    const x = input('x', 'data', ['N', 2], 'Anything.');
    const y = add(mul(add(x, 2), 3), 2);
    const { initializers } = lower(buildGraph('g', { y }), exportTarget);
    expect(initializers.map(({ data }) => [...data])).toEqual([[2], [3]]);
  });
});
