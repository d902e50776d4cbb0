import * as tf from '@tensorflow/tfjs';
import type { TensorflowGraph } from '../tensorflow/graph.js';
import { writeGraphModel } from '../tensorflow/graph-model.js';
import type { FloatArray } from './run-onnx.js';

type Files = readonly (readonly [name: string, content: Uint8Array | string])[];
type Arrays = Readonly<Record<string, FloatArray>>;

/** Opens the files of a GraphModel as they would come from a server. */
export async function openGraphModel(files: Files): Promise<tf.GraphModel> {
  // Else it advertises its faster back ends in Node.
  tf.env().set('IS_TEST', true);
  await tf.setBackend('cpu');
  const byName = new Map(files);
  const { modelTopology, weightsManifest, ...rest } = JSON.parse(byName.get('model.json') as string);
  const paths: string[] = weightsManifest.flatMap((group: { paths: string[] }) => group.paths);
  const bytes = Buffer.concat(paths.map((path) => byName.get(path) as Uint8Array));
  const weightData = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  const weightSpecs = weightsManifest.flatMap((group: { weights: unknown[] }) => group.weights);
  return tf.loadGraphModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData, ...rest }));
}

/** Runs a graph in TensorFlow.js's plain JavaScript, once for every set of feeds. */
export async function runGraphModel(graph: TensorflowGraph | Files, ...runs: Arrays[]): Promise<Arrays[]> {
  const model = await openGraphModel('nodes' in graph ? writeGraphModel(graph) : graph);
  try {
    return runs.map((feeds) => predict(model, feeds));
  } finally {
    model.dispose();
  }
}

function predict(model: tf.GraphModel, feeds: Arrays): Arrays {
  const given = Object.entries(feeds).map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])]);
  const inputs: tf.NamedTensorMap = Object.fromEntries(given);
  const outputs = model.predict(inputs) as tf.NamedTensorMap;
  const results = Object.entries(outputs).map(([name, tensor]) => {
    const result = { data: tensor.dataSync() as Float32Array, shape: tensor.shape };
    return [name, result] as const;
  });
  tf.dispose([inputs, outputs]);
  return Object.fromEntries(results);
}
