import { describe, expect, it } from 'vitest';
import { evaluate } from '../../engines/reference/index.js';
import { buildGraph } from '../../graph/graph.js';
import { resolveShape } from '../../graph/shape.js';
import { input, type Value } from '../../graph/value.js';
import {
  add,
  conv,
  convTranspose,
  elu,
  erf,
  flatten,
  ops,
  relu,
  reshape,
  sigmoid,
  softplus,
  sub,
} from '../../ops/index.js';
import { caseInputs, drawCase, type OpCase, opCases } from '../../testing/op-cases.js';
import { runGraphModel } from '../../testing/run-graph-model.js';
import { type FloatArray, relativeDifference } from '../../testing/run-onnx.js';
import { lowerToTensorflow } from './index.js';
import { rows } from './rows.js';

const TOLERANCE = 1e-5;

/** An input that tells the batch size, for graphs that have no other. */
const batchInput = input('batch', 'data', ['N'], 'Tells how many samples there are.');

function feedsOf(opCase: OpCase, batch: number): Record<string, FloatArray> {
  const arrays = drawCase(opCase, batch).map((data, i) => [
    `x${i}`,
    { data, shape: resolveShape(opCase.shapes[i], batch) },
  ]);
  return { ...Object.fromEntries(arrays), batch: { data: new Float32Array(batch), shape: [batch] } };
}

describe('every operator', () => {
  it('has a row', () => {
    expect(Object.keys(rows).sort()).toEqual(Object.keys(ops).sort());
  });

  it.each(opCases)('computes in TensorFlow.js what the reference does: $title', async (opCase) => {
    const inputs = caseInputs(opCase);
    const graph = buildGraph('case', { y: opCase.of(...inputs) }, [...inputs, batchInput]);
    const batches = [1, 3];
    const runs = batches.map((batch) => feedsOf(opCase, batch));
    const results = await runGraphModel(lowerToTensorflow(graph), ...runs);
    for (const [i, batch] of batches.entries()) {
      const arrays = Object.entries(runs[i]).map(([name, { data }]) => [name, data]);
      const { y } = evaluate(graph, Object.fromEntries(arrays), batch);
      expect(relativeDifference(results[i].y, y), `batch ${batch}`).toBeLessThanOrEqual(TOLERANCE);
    }
  });
});

describe('a transposed convolution', () => {
  it.each([
    ['all of whose result is cut off', 1, [2, 0, 0, 0]],
    ['some of whose result is cut off', 2, [2, 0, 0, 0]],
    ['of whose result nothing is cut off', 1, [0, 0, 0, 0]],
  ] as const)('has rows of zeros from its output padding: %s', async (_, height, pads) => {
    const x = input('x', 'data', ['N', 1, height, 1], 'Columns of pixels.');
    const w = input('w', 'data', [1, 1, 1, 1], 'One tap, so that pixels are four rows apart.');
    const graph = buildGraph('rows', { y: convTranspose(x, w, { strides: [4, 1], pads }, [3, 0]) });
    const pixels = Float32Array.from({ length: height }, (_, i) => 3 + i);
    const spread = new Float32Array((height - 1) * 4 + 1 + 3);
    pixels.forEach((value, i) => {
      spread[4 * i] = 2 * value;
    });
    const feeds = {
      x: { data: pixels, shape: [1, 1, height, 1] },
      w: { data: Float32Array.of(2), shape: [1, 1, 1, 1] },
    };
    const [{ y }] = await runGraphModel(lowerToTensorflow(graph), feeds);
    const rows = spread.subarray(pads[0]);
    expect([y.shape, y.data]).toEqual([[1, 1, rows.length, 1], rows.slice()]);
  });
});

describe('special values', () => {
  const points = [0, 1e-30, -1e-30, 1e-6, -1e-6, 1, -1, 10, -10, 30, -30, 87, -87, 200, -200];
  const x = input('x', 'data', ['N', points.length], 'Zero, small and large.');

  it.each<[string, (x: Value) => Value]>([
    ['sigmoid', sigmoid],
    ['softplus', softplus],
    ['erf', erf],
    ['elu', (v) => elu(v, 0.7)],
    ['relu', relu],
  ])('%s', async (_, f) => {
    const graph = buildGraph('special', { y: f(x) }, [x]);
    const feeds = { x: { data: Float32Array.from(points), shape: [1, points.length] } };
    const [{ y }] = await runGraphModel(lowerToTensorflow(graph), feeds);
    const expected = evaluate(graph, { x: points }, 1).y;
    expect(relativeDifference(y, expected), `${y.data}`).toBeLessThanOrEqual(TOLERANCE);
  });
});

/** Two convolutions and back, as in an autoencoder. */
function network() {
  const x = input('x', 'data', ['N', 2, 6, 5], 'Images.');
  const shapes = { w: [4, 2, 3, 3], b: [4, 1, 1], v: [4, 3, 3, 3], c: [3, 1, 1] };
  const [w, b, v, c] = Object.entries(shapes).map(([name, shape]) => input(name, 'state', shape, 'Weights.'));
  const window = { strides: [2, 2], pads: [1, 1, 1, 1] } as const;
  const features = relu(add(conv(x, w, window), b));
  const y = sigmoid(sub(convTranspose(features, v, window, [1, 0]), c));
  const weights = Object.fromEntries(
    Object.entries(shapes).map(([name, shape], k) => {
      const count = shape.reduce((product, dim) => product * dim, 1);
      return [name, { shape, data: Float32Array.from({ length: count }, (_, i) => Math.sin(i + k)) }];
    }),
  );
  return { x, features, y, weights };
}

describe('a graph', () => {
  it('has its axes reordered where images come in and go out, and nowhere between', () => {
    const { x, y, weights } = network();
    const { nodes } = lowerToTensorflow(buildGraph('images', { y }, [x]), { weights });
    const written = nodes.filter(({ op }) => op !== 'Const').map(({ op }) => op);
    expect(written.filter((op) => op === 'Transpose')).toHaveLength(2);
    const first = written.slice(0, 5);
    expect(first).toEqual(['Placeholder', 'Transpose', 'Conv2D', 'AddV2', 'Relu']);
    expect(written.slice(-3)).toEqual(['Sigmoid', 'Transpose', 'Identity']);
  });

  it('flattens images in their own order', async () => {
    const { x, features, weights } = network();
    const graph = buildGraph('flat', { y: flatten(features), z: reshape(features, ['N', 12, 3]) }, [x]);
    const feeds = {
      x: { data: Float32Array.from({ length: 180 }, (_, i) => Math.cos(i)), shape: [3, 2, 6, 5] },
    };
    const [results] = await runGraphModel(lowerToTensorflow(graph, { weights }), feeds);
    const state = Object.fromEntries(Object.entries(weights).map(([name, { data }]) => [name, data]));
    const expected = evaluate(graph, { ...state, x: feeds.x.data }, 3);
    for (const name of ['y', 'z'])
      expect(relativeDifference(results[name], expected[name])).toBeLessThanOrEqual(TOLERANCE);
  });

  it('keeps the names of its weights, once each', () => {
    const { x, y, weights } = network();
    const { nodes } = lowerToTensorflow(buildGraph('images', { y }, [x]), { weights });
    const names = nodes.map(({ name }) => name);
    expect(names.filter((name) => name in weights).sort()).toEqual(['b', 'c', 'v', 'w']);
    expect(new Set(names).size).toBe(names.length);
  });

  it('leaves the batch open, and nothing else', () => {
    const { x, y, weights } = network();
    const graph = lowerToTensorflow(buildGraph('images', { y }, [x]), { weights });
    expect(graph.inputs).toEqual([{ name: 'x', dims: [-1, 2, 6, 5] }]);
    expect(graph.outputs).toEqual([{ name: 'y', dims: [-1, 3, 6, 5] }]);
  });
});
