import { describe, expect, it } from 'vitest';
import { messagesOf, numbersOf, textsOf } from '../testing/read-protobuf.js';
import type { TensorflowGraph } from './graph.js';
import { writeSavedModel } from './saved-model.js';

const FLOAT = { type: 'DT_FLOAT' } as const;
const graph: TensorflowGraph = {
  inputs: [{ name: 'x', dims: [-1, 2] }],
  outputs: [{ name: 'y', dims: [-1, 2] }],
  nodes: [
    { name: 'x', op: 'Placeholder', inputs: [], attributes: { dtype: FLOAT, shape: { shape: [-1, 2] } } },
    {
      name: 'w',
      op: 'Const',
      inputs: [],
      attributes: { dtype: FLOAT, value: { tensor: { dims: [2], data: Float32Array.of(1, -2) } } },
    },
    {
      name: 'y',
      op: 'AddV2',
      inputs: ['x', 'w'],
      attributes: {
        T: FLOAT,
        i: { i: 3 },
        f: { f: 0.5 },
        b: { b: true },
        s: { s: 'SAME' },
        list: { list: [1, 2] },
      },
    },
  ],
};

/** A map's entry: its key and the bytes of its value. */
const entries = (message: Uint8Array, field: number) =>
  Object.fromEntries(
    messagesOf(message, field).map((entry) => [textsOf(entry, 1)[0], messagesOf(entry, 2)[0]]),
  );
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('a SavedModel', () => {
  const saved = writeSavedModel(graph);
  const [meta] = messagesOf(saved, 2);
  const [definition] = messagesOf(meta, 2);

  it('has schema version 1, one graph, and the tag serve', () => {
    expect(numbersOf(saved, 1)).toEqual([1]);
    expect(messagesOf(saved, 2)).toHaveLength(1);
    expect(textsOf(messagesOf(meta, 1)[0], 4)).toEqual(['serve']);
  });

  it('has every node with its inputs', () => {
    const nodes = messagesOf(definition, 1).map((node) => [
      textsOf(node, 1)[0],
      textsOf(node, 2)[0],
      textsOf(node, 3),
    ]);
    expect(nodes).toEqual([
      ['x', 'Placeholder', []],
      ['w', 'Const', []],
      ['y', 'AddV2', ['x', 'w']],
    ]);
  });

  it('has attributes of every kind under the field of its kind', () => {
    const [placeholder, constant, add] = messagesOf(definition, 1).map((node) => entries(node, 5));
    // AttrValue { list = 1, s = 2, i = 3, f = 4, b = 5, type = 6, shape = 7, tensor = 8 }, DT_FLOAT = 1
    expect(Object.entries(add).map(([name, value]) => [name, hex(value)])).toEqual([
      ['T', '3001'],
      ['i', '1803'],
      ['f', '250000003f'],
      ['b', '2801'],
      ['s', `1204${hex(Buffer.from('SAME'))}`],
      ['list', '0a0418011802'],
    ]);
    const sizes = messagesOf(messagesOf(placeholder.shape, 7)[0], 2).map((dim) => numbersOf(dim, 1)[0]);
    expect(sizes).toEqual([-1, 2]);
    // TensorProto { dtype = 1, tensor_shape = 2, tensor_content = 4 }
    const [tensor] = messagesOf(constant.value, 8);
    expect(numbersOf(tensor, 1)).toEqual([1]);
    expect(hex(messagesOf(tensor, 4)[0])).toBe('0000803f000000c0');
  });

  it('is called by the names of the graph', () => {
    const { serving_default: signature } = entries(meta, 5);
    const ports = [1, 2].map((field) =>
      Object.entries(entries(signature, field)).map(([key, info]) => [key, textsOf(info, 1)[0]]),
    );
    expect(ports).toEqual([[['x', 'x:0']], [['y', 'y:0']]]);
    expect(textsOf(signature, 3)).toEqual(['tensorflow/serving/predict']);
  });

  it('is the same bytes every time', () => {
    expect(Buffer.compare(writeSavedModel(graph), saved)).toBe(0);
  });
});
