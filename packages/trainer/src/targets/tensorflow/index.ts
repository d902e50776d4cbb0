import type { Tensor } from '@vae/sdk/media';
import type { Graph } from '../../graph/graph.js';
import type { Shape } from '../../graph/shape.js';
import type { OpName } from '../../ops/index.js';
import type { TensorflowGraph, TensorflowPort } from '../../tensorflow/graph.js';
import { Emitter, FLOAT } from './emitter.js';
import { Forms } from './forms.js';
import { type Row, rows } from './rows.js';

export interface TensorflowOptions {
  /** Inputs that become constants of the graph: the weights of an exported model. */
  readonly weights?: Readonly<Record<string, Tensor>>;
}

const portOf = (name: string, shape: Shape): TensorflowPort => ({
  name,
  dims: shape.map((dim) => (typeof dim === 'number' ? dim : -1)),
});

/**
 * Writes a graph in TensorFlow's operators. Inputs and outputs keep their names and the order of their axes, so
 * images enter and leave as [N, C, H, W]; inside, convolutions have their channels last.
 *
 * @throws TrainerError "bad-shape" when an extent needs the batch size and no input begins with it
 * @example writeSavedModel(lowerToTensorflow(programs.encode.graph, { weights }))
 */
export function lowerToTensorflow(graph: Graph, { weights = {} }: TensorflowOptions = {}): TensorflowGraph {
  const fed = graph.inputs.filter(({ name }) => !(name in weights));
  const reserved = [...fed.map(({ name }) => name), ...graph.outputs.keys()];
  const emit = new Emitter(reserved, fed.find(({ shape }) => shape[0] === 'N')?.name);
  const forms = new Forms(emit);

  const inputs = fed.map(({ name, shape }) => portOf(name, shape));
  for (const { name, dims } of inputs)
    emit.port(name, 'Placeholder', [], { dtype: FLOAT, shape: { shape: dims } });
  for (const value of graph.inputs)
    if (value.name in weights) {
      const { shape, data } = weights[value.name];
      forms.addConstant(value, value.name, shape, data);
    } else forms.add(value, value.name);
  for (const value of graph.constants)
    if (value.shape.length === 0) forms.add(value, emit.float(value.data[0]));
    else forms.addConstant(value, 'constant', value.shape, Float32Array.from(value.data));
  for (const node of graph.nodes) {
    const row = rows[node.op.name as OpName] as Row;
    const { name, order } = row({ emit, forms }, node as never);
    forms.add(node, name, order);
  }
  for (const [name, value] of graph.outputs) emit.port(name, 'Identity', [forms.as(value)], { T: FLOAT });
  return {
    inputs,
    outputs: [...graph.outputs].map(([name, { shape }]) => portOf(name, shape)),
    nodes: emit.nodes,
  };
}
