import { describe, expect, it } from 'vitest';
import { ProtobufWriter } from '../protobuf/writer.js';
import type { OnnxModel } from './model.js';
import { readWeights } from './read-weights.js';
import { readOnnx } from './reader.js';
import { writeOnnx } from './writer.js';

const model: OnnxModel = {
  name: 'half',
  doc: '',
  inputs: [{ name: 'x', dims: ['N', 3] }],
  outputs: [{ name: 'y', dims: ['N', 2] }],
  nodes: [{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'], attributes: {} }],
  initializers: [
    { name: 'w', type: 'float32', dims: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, -6) },
    { name: 'sizes', type: 'int64', dims: [1], data: [7] },
  ],
};
const bytes = writeOnnx(model);

/** A model with one initializer, written field by field. */
const withTensor = (write: (tensor: ProtobufWriter) => unknown): Uint8Array =>
  new ProtobufWriter()
    .message(7, (graph) => graph.message(5, write))
    .message(8, (opset) => opset.int(2, 17))
    .bytes();

const wanted = (name: string, ...shape: number[]) => new Map([[name, shape]]);
const refusal = (file: Uint8Array, name = 'w', ...shape: number[]) => {
  try {
    return readWeights(file, wanted(name, ...shape), 'a.onnx');
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return `${code}: ${message}`;
  }
};

describe('an ONNX file', () => {
  it('says what it takes, gives, holds and is made of', () => {
    expect(readOnnx(bytes, 'a.onnx')).toEqual({
      opsets: [{ domain: '', version: 17 }],
      inputs: [{ name: 'x', elementType: 1, dims: ['N', 3] }],
      outputs: [{ name: 'y', elementType: 1, dims: ['N', 2] }],
      tensors: [
        { name: 'w', elementType: 1, dims: [3, 2], raw: expect.any(Uint8Array), external: false },
        { name: 'sizes', elementType: 7, dims: [1], raw: expect.any(Uint8Array), external: false },
      ],
      domains: new Set(['']),
    });
  });

  it('may have its sizes packed', () => {
    const packed = withTensor((tensor) => tensor.raw(1, Uint8Array.of(3, 0xac, 2)).string(8, 'w'));
    expect(readOnnx(packed, 'a.onnx').tensors[0].dims).toEqual([3, 300]);
  });

  it('of text or of nothing is refused', () => {
    expect(() => readOnnx(Buffer.from('version https://example.org'), 'a.onnx')).toThrow(/^a\.onnx: /);
    expect(() => readOnnx(new Uint8Array(), 'a.onnx')).toThrow(
      'a.onnx: no ONNX model, or one that is cut off (graphs: 0, ',
    );
  });

  it('that is cut off anywhere is refused or lacks the weights', () => {
    for (let length = 0; length < bytes.length; length++)
      expect(refusal(bytes.subarray(0, length), 'w', 3, 2)).toMatch(/^bad-file: a\.onnx: /);
  });
});

describe('weights', () => {
  it('are read by name and shape', () => {
    expect(readWeights(bytes, wanted('w', 3, 2), 'a.onnx')).toEqual({
      w: { shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, -6) },
    });
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'of another name',
      () => refusal(bytes, 'v', 3, 2),
      /no weights "v" in it\. Only files that the trainer's own/,
    ],
    ['of another shape', () => refusal(bytes, 'w', 2, 3), /"w" are \[3, 2\], the recipe makes them \[2, 3\]/],
    [
      'of another type',
      () => refusal(bytes, 'sizes', 1),
      /"sizes" have ONNX's element type 7, expected float32/,
    ],
    [
      'in another file',
      () =>
        refusal(
          withTensor((out) => out.int(1, 1).int(2, 1).string(8, 'w').int(14, 1)),
          'w',
          1,
        ),
      /"w" are in another file/,
    ],
    [
      'that are too few',
      () =>
        refusal(
          withTensor((out) => out.int(1, 2).int(2, 1).string(8, 'w').raw(9, new Uint8Array(4))),
          'w',
          2,
        ),
      /"w" have 4 bytes for 2 numbers of four/,
    ],
    [
      'stored otherwise',
      () =>
        refusal(
          withTensor((out) => out.int(1, 1).int(2, 1).string(8, 'w')),
          'w',
          1,
        ),
      /"w" have 0 bytes for 1 numbers/,
    ],
  ])('%s are refused', (_, read, message) => {
    expect(read()).toMatch(/^bad-file: a\.onnx: /);
    expect(read()).toMatch(message);
  });
});
