import { littleEndian } from '../protobuf/writer.js';
import {
  PRODUCER,
  type TensorflowAttribute,
  type TensorflowGraph,
  type TensorflowNode,
  type TensorflowPort,
  type TensorflowTensor,
  typeOf,
} from './graph.js';

/** TensorFlow.js fetches weights in pieces of this size, which browsers cache one by one. */
const SHARD_BYTES = 4 * 2 ** 20;

// JSON as protocol buffers have it: whole numbers of 64 bits as text, bytes in base 64.
const shapeJson = (dims: readonly number[]) => ({ dim: dims.map((size) => ({ size: String(size) })) });

function attributeJson(value: TensorflowAttribute): unknown {
  if ('i' in value) return { i: String(value.i) };
  if ('s' in value) return { s: Buffer.from(value.s).toString('base64') };
  if ('list' in value) return { list: { i: value.list.map(String) } };
  if ('shape' in value) return { shape: shapeJson(value.shape) };
  // The numbers are in the weight files, under the name of the node.
  if ('tensor' in value)
    return { tensor: { dtype: typeOf(value.tensor), tensorShape: shapeJson(value.tensor.dims) } };
  return value;
}

const nodeJson = ({ name, op, inputs, attributes }: TensorflowNode) => ({
  name,
  op,
  ...(inputs.length > 0 && { input: inputs }),
  attr: Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, attributeJson(value)])),
});

const signatureJson = (ports: readonly TensorflowPort[]) =>
  Object.fromEntries(
    ports.map(({ name, dims }) => [
      name,
      { name: `${name}:0`, dtype: 'DT_FLOAT', tensorShape: shapeJson(dims) },
    ]),
  );

function constantsOf(graph: TensorflowGraph): { name: string; tensor: TensorflowTensor }[] {
  return graph.nodes.flatMap(({ name, attributes: { value } }) =>
    value !== undefined && 'tensor' in value ? [{ name, tensor: value.tensor }] : [],
  );
}

function shards(bytes: Uint8Array): [name: string, content: Uint8Array][] {
  const count = Math.max(1, Math.ceil(bytes.length / SHARD_BYTES));
  return Array.from({ length: count }, (_, i) => [
    `group1-shard${i + 1}of${count}.bin`,
    bytes.subarray(i * SHARD_BYTES, (i + 1) * SHARD_BYTES),
  ]);
}

/**
 * A graph as the files that `tf.loadGraphModel` opens: `model.json` and its weights in pieces of at most 4 MiB.
 * `predict` takes and gives tensors under the graph's own names.
 *
 * @param metadata what the loaded model has as `metadata`, beside its own
 * @example for (const [name, content] of writeGraphModel(graph)) await writeFile(join('encoder', name), content)
 */
export function writeGraphModel(
  graph: TensorflowGraph,
  metadata: Readonly<Record<string, unknown>> = {},
): [name: string, content: Uint8Array | string][] {
  const constants = constantsOf(graph);
  const files = shards(Buffer.concat(constants.map(({ tensor }) => littleEndian(tensor.data))));
  const model = {
    format: 'graph-model',
    generatedBy: '@vae/trainer',
    convertedBy: null,
    signature: { inputs: signatureJson(graph.inputs), outputs: signatureJson(graph.outputs) },
    userDefinedMetadata: { ...metadata, structuredOutputKeys: graph.outputs.map(({ name }) => name) },
    modelTopology: { node: graph.nodes.map(nodeJson), library: {}, versions: { producer: PRODUCER } },
    weightsManifest: [
      {
        paths: files.map(([name]) => name),
        weights: constants.map(({ name, tensor }) => ({
          name,
          shape: tensor.dims,
          dtype: typeOf(tensor) === 'DT_FLOAT' ? 'float32' : 'int32',
        })),
      },
    ],
  };
  return [['model.json', JSON.stringify(model)], ...files];
}
