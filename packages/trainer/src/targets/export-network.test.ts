import { describe, expect, it } from 'vitest';
import { gradients } from '../autodiff/gradients.js';
import { buildGraph } from '../graph/graph.js';
import { type Input, input } from '../graph/value.js';
import {
  add,
  conv,
  convTranspose,
  div,
  elu,
  flatten,
  leakyRelu,
  matMul,
  mul,
  reshape,
  sigmoid,
  softplus,
  sub,
  sumAll,
  tanh,
} from '../ops/index.js';
import { messagesOf, numbersOf, readFields, textsOf } from '../testing/read-protobuf.js';
import { exportTarget } from './export.js';
import { lower } from './lower.js';
import { bytesOf, checkExport, drawAll } from './testing/check-export.js';

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
