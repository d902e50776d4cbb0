import { littleEndian, ProtobufWriter } from '../protobuf/writer.js';
import {
  PRODUCER,
  type TensorflowAttribute,
  type TensorflowGraph,
  type TensorflowNode,
  type TensorflowPort,
  type TensorflowTensor,
  type TensorflowType,
  typeOf,
} from './graph.js';

// Field numbers and enum values are those of TensorFlow's saved_model.proto, meta_graph.proto, graph.proto,
// node_def.proto, attr_value.proto, tensor.proto and tensor_shape.proto.
const types: Readonly<Record<TensorflowType, number>> = { DT_FLOAT: 1, DT_INT32: 3, DT_BOOL: 10 };
const SCHEMA_VERSION = 1;

const writeShape = (out: ProtobufWriter, dims: readonly number[]): void => {
  for (const size of dims) out.message(2, (dim) => dim.int(1, size));
};

function writeTensor(out: ProtobufWriter, tensor: TensorflowTensor): void {
  out
    .int(1, types[typeOf(tensor)])
    .message(2, (shape) => writeShape(shape, tensor.dims))
    .raw(4, littleEndian(tensor.data));
}

function writeAttribute(out: ProtobufWriter, value: TensorflowAttribute): void {
  if ('type' in value) out.int(6, types[value.type]);
  else if ('i' in value) out.int(3, value.i);
  else if ('f' in value) out.float(4, value.f);
  else if ('b' in value) out.bool(5, value.b);
  else if ('s' in value) out.string(2, value.s);
  else if ('shape' in value) out.message(7, (shape) => writeShape(shape, value.shape));
  else if ('tensor' in value) out.message(8, (tensor) => writeTensor(tensor, value.tensor));
  else
    out.message(1, (list) => {
      for (const item of value.list) list.int(3, item);
    });
}

/** One entry of a map from text to messages. */
const writeEntry = (
  out: ProtobufWriter,
  field: number,
  key: string,
  write: (value: ProtobufWriter) => unknown,
): ProtobufWriter => out.message(field, (entry) => entry.string(1, key).message(2, write));

function writeNode(out: ProtobufWriter, { name, op, inputs, attributes }: TensorflowNode): void {
  out.string(1, name).string(2, op);
  for (const input of inputs) out.string(3, input);
  for (const [key, value] of Object.entries(attributes))
    writeEntry(out, 5, key, (attribute) => writeAttribute(attribute, value));
}

const writePort = (out: ProtobufWriter, { name, dims }: TensorflowPort): ProtobufWriter =>
  out
    .string(1, `${name}:0`)
    .int(2, types.DT_FLOAT)
    .message(3, (shape) => writeShape(shape, dims));

function writeSignature(out: ProtobufWriter, { inputs, outputs }: TensorflowGraph): void {
  for (const port of inputs) writeEntry(out, 1, port.name, (info) => writePort(info, port));
  for (const port of outputs) writeEntry(out, 2, port.name, (info) => writePort(info, port));
  out.string(3, 'tensorflow/serving/predict');
}

/**
 * The bytes of `saved_model.pb`, which alone is a SavedModel: a graph whose weights are constants has no variables
 * folder. It has the tag `serve` and the signature `serving_default` with the graph's own names.
 *
 * @example await writeFile('encoder/saved_model.pb', writeSavedModel(lowerToTensorflow(graph, { weights })))
 */
export function writeSavedModel(graph: TensorflowGraph): Uint8Array {
  return new ProtobufWriter()
    .int(1, SCHEMA_VERSION)
    .message(2, (meta) => {
      meta.message(1, (info) => info.string(4, 'serve'));
      meta.message(2, (definition) => {
        for (const node of graph.nodes) definition.message(1, (item) => writeNode(item, node));
        definition.message(4, (versions) => versions.int(1, PRODUCER));
      });
      writeEntry(meta, 5, 'serving_default', (signature) => writeSignature(signature, graph));
    })
    .bytes();
}
