import { littleEndian, ProtobufWriter } from '../protobuf/writer.js';
import {
  elementTypes,
  IR_VERSION,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValueInfo,
  OPSET,
} from './model.js';

// Field numbers and enum values are those of onnx.proto (IR version 8).
const attributeTypes = { float: 1, int: 2, string: 3, graph: 5, ints: 7 };

function writeAttribute(out: ProtobufWriter, name: string, value: OnnxAttribute): void {
  out.string(1, name);
  if (typeof value === 'number') out.int(3, value).int(20, attributeTypes.int);
  else if (typeof value === 'string') out.string(4, value).int(20, attributeTypes.string);
  else if ('float' in value) out.float(2, value.float).int(20, attributeTypes.float);
  else if ('graph' in value)
    out.message(6, (graph) => writeGraph(graph, value.graph)).int(20, attributeTypes.graph);
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

/** Whole numbers of 64 bits as pairs of 32, the lower one first. */
function halvesOf(data: readonly number[] | Int32Array): Int32Array {
  const halves = new Int32Array(2 * data.length);
  data.forEach((value, i) => {
    halves[2 * i] = value;
    halves[2 * i + 1] = Math.floor(value / 2 ** 32);
  });
  return halves;
}

/** The numbers of a tensor, least significant byte first. */
function bytesOf(tensor: OnnxTensor): Uint8Array {
  if (tensor.type === 'float32') return littleEndian(tensor.data);
  if (tensor.type === 'int64') return littleEndian(halvesOf(tensor.data));
  const bytes = new Uint8Array(tensor.data.byteLength);
  const view = new DataView(bytes.buffer);
  if (tensor.type === 'int8') bytes.set(tensor.data);
  else tensor.data.forEach((half, i) => void view.setUint16(2 * i, half, true));
  return bytes;
}

function writeTensor(out: ProtobufWriter, tensor: OnnxTensor): void {
  for (const dim of tensor.dims) out.int(1, dim);
  out.int(2, elementTypes[tensor.type]).string(8, tensor.name).raw(9, bytesOf(tensor));
}

function writeValueInfo(out: ProtobufWriter, info: OnnxValueInfo): void {
  const writeShape = (shape: ProtobufWriter) => {
    for (const dim of info.dims)
      shape.message(1, (out) => (typeof dim === 'number' ? out.int(1, dim) : out.string(2, dim)));
  };
  const writeType = (type: ProtobufWriter) =>
    type.message(1, (tensor) => tensor.int(1, elementTypes[info.type ?? 'float32']).message(2, writeShape));
  out.string(1, info.name);
  out.message(2, (type) =>
    info.sequence ? type.message(4, (sequence) => sequence.message(1, writeType)) : writeType(type),
  );
  if (info.doc) out.string(3, info.doc);
}

function writeGraph(out: ProtobufWriter, graph: OnnxGraph): void {
  for (const node of graph.nodes) out.message(1, (item) => writeNode(item, node));
  out.string(2, graph.name);
  for (const tensor of graph.initializers) out.message(5, (item) => writeTensor(item, tensor));
  for (const info of graph.inputs) out.message(11, (item) => writeValueInfo(item, info));
  for (const info of graph.outputs) out.message(12, (item) => writeValueInfo(item, info));
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
  out.message(7, (graph) => writeGraph(graph, model));
  return out.message(8, (opset) => opset.string(1, '').int(2, OPSET)).bytes();
}
