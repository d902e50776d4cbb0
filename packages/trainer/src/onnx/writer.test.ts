import { describe, expect, it } from 'vitest';
import { messagesOf, numbersOf, textsOf, valuesOf } from '../testing/read-protobuf.js';
import type { OnnxModel } from './model.js';
import { writeOnnx } from './writer.js';

const empty: OnnxModel = { name: 'g', doc: '', inputs: [], outputs: [], nodes: [], initializers: [] };
const hexText = (text: string): string => Buffer.from(text).toString('hex');

/** A length-delimited field: tag, length, content. */
const field = (tag: string, ...content: string[]): string => {
  const all = content.join('');
  return tag + (all.length / 2).toString(16).padStart(2, '0') + all;
};

/** The one GraphProto of a model. */
const graphOf = (model: Partial<OnnxModel>): Uint8Array =>
  messagesOf(writeOnnx({ ...empty, ...model }), 7)[0];

describe('an ONNX file', () => {
  it('is the bytes that onnx.proto asks for', () => {
    const bytes = writeOnnx({
      ...empty,
      inputs: [{ name: 'x', dims: ['N', 2] }],
      outputs: [{ name: 'y', dims: ['N', 2] }],
      nodes: [{ op: 'Relu', inputs: ['x'], outputs: ['y'], attributes: {} }],
    });
    // ValueInfoProto { name = 1, type = 2 { tensor_type = 1 { elem_type = 1: FLOAT = 1, shape = 2 { dim = 1 { dim_value = 1
    // or dim_param = 2 } } } } }
    const shape = field('12', field('0a', field('12', hexText('N'))), field('0a', '0802'));
    const valueInfo = (tag: string, name: string) =>
      field(tag, field('0a', hexText(name)), field('12', field('0a', '0801', shape)));
    const expected = [
      '0808', // ir_version = 1
      field('12', hexText('@vae/trainer')), // producer_name = 2
      field(
        '3a', // graph = 7
        field(
          '0a', // node = 1 { input = 1, output = 2, name = 3, op_type = 4 }
          field('0a', hexText('x')),
          field('12', hexText('y')),
          field('1a', hexText('y')),
          field('22', hexText('Relu')),
        ),
        field('12', hexText('g')), // name = 2
        valueInfo('5a', 'x'), // input = 11
        valueInfo('62', 'y'), // output = 12
      ),
      field('42', '0a00', '1011'), // opset_import = 8 { domain = 1, version = 2 }
    ];
    expect(Buffer.from(bytes).toString('hex')).toBe(expected.join(''));
  });

  it('declares a list of tensors as a sequence', () => {
    const graph = graphOf({ outputs: [{ name: 'y', dims: [], sequence: true }] });
    // TypeProto { sequence_type = 4 { elem_type = 1: TypeProto { tensor_type = 1 { elem_type = 1: FLOAT = 1, shape = 2 } } } }
    const tensor = field('0a', '0801', field('12'));
    const output = [field('0a', hexText('y')), field('12', field('22', field('0a', tensor)))].join('');
    expect(Buffer.from(messagesOf(graph, 12)[0]).toString('hex')).toBe(output);
  });

  it('says which operators it is written in', () => {
    const bytes = writeOnnx({ ...empty, doc: 'What it is for.' });
    expect(numbersOf(bytes, 1)).toEqual([8]);
    expect(textsOf(bytes, 2)).toEqual(['@vae/trainer']);
    expect(textsOf(bytes, 6)).toEqual(['What it is for.']);
    const imports = messagesOf(bytes, 8);
    expect(imports.map((item) => [textsOf(item, 1), numbersOf(item, 2)])).toEqual([[[''], [17]]]);
  });

  it('marks every attribute with its type', () => {
    const attributes = { alpha: { float: 1 }, axis: -1, perm: [1, 0, -1], mode: 'edge', none: [] };
    const nodes = [{ op: 'Any', inputs: [], outputs: ['y'], attributes }];
    const [node] = messagesOf(graphOf({ nodes }), 1);
    // AttributeProto { name = 1, f = 2, i = 3, s = 4, ints = 8, type = 20: FLOAT = 1, INT = 2, STRING = 3, INTS = 7 }
    const read = messagesOf(node, 5).map((item) => ({
      name: textsOf(item, 1),
      f: messagesOf(item, 2).map((bytes) => Buffer.from(bytes).readFloatLE()),
      i: numbersOf(item, 3),
      s: textsOf(item, 4),
      ints: numbersOf(item, 8),
      type: numbersOf(item, 20),
    }));
    const nothing = { f: [], i: [], s: [], ints: [] };
    expect(read).toEqual([
      { ...nothing, name: ['alpha'], f: [1], type: [1] },
      { ...nothing, name: ['axis'], i: [-1], type: [2] },
      { ...nothing, name: ['perm'], ints: [1, 0, -1], type: [7] },
      { ...nothing, name: ['mode'], s: ['edge'], type: [3] },
      { ...nothing, name: ['none'], type: [7] },
    ]);
  });

  it('has a graph inside a node that repeats one', () => {
    const relu = { op: 'Relu', inputs: ['a'], outputs: ['b'], attributes: {} };
    const body = {
      name: 'body',
      inputs: [{ name: 'a', dims: [2] }],
      outputs: [{ name: 'b', dims: [2] }],
      nodes: [relu],
      initializers: [],
    };
    const scan = { op: 'Scan', inputs: ['x'], outputs: ['y'], attributes: { body: { graph: body } } };
    const [node] = messagesOf(graphOf({ nodes: [scan] }), 1);
    const [attribute] = messagesOf(node, 5);
    // AttributeProto { g = 6, type = 20: GRAPH = 5 }; the same GraphProto as that of a model
    expect([textsOf(attribute, 1), numbersOf(attribute, 20)]).toEqual([['body'], [5]]);
    expect(messagesOf(attribute, 6)).toEqual([graphOf(body)]);
  });

  it('keeps all inputs and outputs of a node in order', () => {
    const nodes = [{ op: 'Any', inputs: ['a', '', 'b'], outputs: ['y', 'z'], attributes: {} }];
    const [node] = messagesOf(graphOf({ nodes }), 1);
    expect([textsOf(node, 1), textsOf(node, 2), textsOf(node, 3)]).toEqual([
      ['a', '', 'b'],
      ['y', 'z'],
      ['y'],
    ]);
  });

  it('has constants as raw little-endian data', () => {
    const graph = graphOf({
      initializers: [
        { name: 'w', type: 'float32', dims: [1, 2], data: Float32Array.of(1, -2) },
        { name: 'shape', type: 'int64', dims: [2], data: [-1, 258] },
        { name: 'large', type: 'int64', dims: [2], data: [2 ** 40 + 7, -(2 ** 40)] },
        { name: 'scalar', type: 'float32', dims: [], data: Float32Array.of(1) },
        { name: 'nothing', type: 'int64', dims: [0], data: [] },
        { name: 'halves', type: 'float16', dims: [2], data: Uint16Array.of(0x3c00, 0xc000) },
        { name: 'bytes', type: 'int8', dims: [3], data: Int8Array.of(1, -1, -127) },
      ],
    });
    // TensorProto { dims = 1, data_type = 2: FLOAT = 1, INT8 = 3, INT64 = 7, FLOAT16 = 10, name = 8, raw_data = 9 }
    const read = messagesOf(graph, 5).map((tensor) => [
      textsOf(tensor, 8)[0],
      numbersOf(tensor, 1),
      numbersOf(tensor, 2)[0],
      Buffer.from(messagesOf(tensor, 9)[0]).toString('hex'),
    ]);
    expect(read).toEqual([
      ['w', [1, 2], 1, '0000803f000000c0'],
      ['shape', [2], 7, 'ffffffffffffffff0201000000000000'],
      ['large', [2], 7, '07000000000100000000000000ffffff'],
      ['scalar', [], 1, '0000803f'],
      ['nothing', [0], 7, ''],
      ['halves', [2], 10, '003c00c0'],
      ['bytes', [3], 3, '01ff81'],
    ]);
  });

  it('has what a value means, where that is said', () => {
    const graph = graphOf({
      inputs: [
        { name: 'x', dims: [], doc: 'Grey, 0 to 1.' },
        { name: 'y', dims: [] },
      ],
    });
    const inputs = messagesOf(graph, 11);
    expect(inputs.map((item) => textsOf(item, 3))).toEqual([['Grey, 0 to 1.'], []]);
    // A scalar has a shape without axes, not an unknown shape.
    const tensors = inputs.map((item) => messagesOf(messagesOf(item, 2)[0], 1)[0]);
    expect(tensors.map((tensor) => valuesOf(tensor, 2).length)).toEqual([1, 1]);
  });

  it('is the same every time', () => {
    const model = {
      ...empty,
      nodes: [{ op: 'Relu', inputs: ['x'], outputs: ['y'], attributes: { a: 1, b: 2 } }],
    };
    expect(writeOnnx(model)).toEqual(writeOnnx(structuredClone(model)));
  });
});
