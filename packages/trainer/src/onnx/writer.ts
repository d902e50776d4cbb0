import { littleEndian, ProtobufWriter } from '../protobuf/writer.js';
import {
  IR_VERSION,
  type OnnxAttribute,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValueInfo,
  OPSET,
} from './model.js';

// Field numbers and enum values are those of onnx.proto (IR version 8).
const FLOAT = 1;
const INT64 = 7;
const attributeTypes = { float: 1, int: 2, string: 3, ints: 7 };

function writeAttribute(out: ProtobufWriter, name: string, value: OnnxAttribute): void {
  out.string(1, name);
  if (typeof value === 'number') out.int(3, value).int(20, attributeTypes.int);
  else if (typeof value === 'string') out.string(4, value).int(20, attributeTypes.string);
  else if ('float' in value) out.float(2, value.float).int(20, attributeTypes.float);
  else {
    for (const item of value) out.int(8, item);
    out.int(20, attributeTypes.ints);
  }
}

function writeNode(out: ProtobufWriter, node: OnnxNode): void {
  for (const name of node.inputs) out.string(1, name);
  for (const name of node.outputs) out.string(2, name);
  out.string(3, node.outputs[0]).string(4, node.op);
  for (const [name, value] of Object.entries(node.attributes))
    out.message(5, (attribute) => writeAttribute(attribute, name, value));
}

function writeTensor(out: ProtobufWriter, tensor: OnnxTensor): void {
  for (const dim of tensor.dims) out.int(1, dim);
  const values =
    tensor.type === 'float32' ? tensor.data : BigInt64Array.from(tensor.data, (value) => BigInt(value));
  out
    .int(2, tensor.type === 'float32' ? FLOAT : INT64)
    .string(8, tensor.name)
    .raw(9, littleEndian(values));
}

function writeValueInfo(out: ProtobufWriter, info: OnnxValueInfo): void {
  const writeShape = (shape: ProtobufWriter) => {
    for (const dim of info.dims)
      shape.message(1, (out) => (typeof dim === 'number' ? out.int(1, dim) : out.string(2, dim)));
  };
  out.string(1, info.name);
  out.message(2, (type) => type.message(1, (tensor) => tensor.int(1, FLOAT).message(2, writeShape)));
  if (info.doc) out.string(3, info.doc);
}

/**
 * The bytes of an .onnx file, without external data. The same model always gives the same bytes.
 *
 * @example await writeFile('decoder.onnx', writeOnnx(lower(graph, exportTarget)))
 */
export function writeOnnx(model: OnnxModel): Uint8Array {
  const out = new ProtobufWriter();
  out.int(1, IR_VERSION).string(2, '@vae/trainer');
  if (model.doc) out.string(6, model.doc);
  out.message(7, (graph) => {
    for (const node of model.nodes) graph.message(1, (item) => writeNode(item, node));
    graph.string(2, model.name);
    for (const tensor of model.initializers) graph.message(5, (item) => writeTensor(item, tensor));
    for (const info of model.inputs) graph.message(11, (item) => writeValueInfo(item, info));
    for (const info of model.outputs) graph.message(12, (item) => writeValueInfo(item, info));
  });
  return out.message(8, (opset) => opset.string(1, '').int(2, OPSET)).bytes();
}
