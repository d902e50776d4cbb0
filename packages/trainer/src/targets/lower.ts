import type { Tensor } from '@vae/sdk/media';
import type { Graph } from '../graph/graph.js';
import { type Dim, formatShape, isStatic, resolveDim, type Shape, shapeError } from '../graph/shape.js';
import type { Constant, Node, Op, Value } from '../graph/value.js';
import {
  elementTypes,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValueInfo,
} from '../onnx/model.js';
import type { OpName, ops } from '../ops/index.js';

/** The attributes of an operator, by its name. */
export type AttributesOf<Name extends OpName> = (typeof ops)[Name] extends Op<string, infer A> ? A : never;

/** Writes one operator as ONNX nodes and returns the name of its result. */
export type Row<Name extends OpName = OpName> = (
  emit: Emitter,
  node: Node<AttributesOf<Name>>,
  inputs: readonly string[],
) => string;

/** How one kind of runtime gets its graphs: a row for each operator. */
export interface Target {
  readonly name: string;
  readonly rows: { readonly [Name in OpName]: Row<Name> };
}

export interface LowerOptions {
  /** Fixes the batch size, which lets a runtime plan its memory; left open (an axis named `N`) otherwise. */
  readonly batch?: number;
  /** Inputs that become constants of the file: the weights of an exported model. */
  readonly weights?: Readonly<Record<string, Tensor>>;
  readonly doc?: string;
}

/** Collects the ONNX nodes and constants of one graph, and names them. */
export class Emitter {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxTensor[] = [];
  private readonly integers = new Map<string, string>();
  private readonly floats = new Map<number, string>();
  private readonly shared = new Map<string, string>();
  private readonly taken: Set<string>;

  constructor(
    reserved: Iterable<string>,
    private readonly batch: number | undefined,
    private readonly batchInput: string | undefined,
  ) {
    this.taken = new Set(reserved);
  }

  /** A name that nothing else has. */
  unique(stem: string): string {
    let name = stem;
    for (let i = 1; this.taken.has(name); i++) name = `${stem}_${i}`;
    this.taken.add(name);
    return name;
  }

  /** Adds a node; its one output gets a name of its own. */
  node(op: string, inputs: readonly string[], attributes: Record<string, OnnxAttribute> = {}): string {
    return this.nodeOf(1, op, inputs, attributes)[0];
  }

  /** Adds a node with that many outputs. */
  nodeOf(
    count: number,
    op: string,
    inputs: readonly string[],
    attributes: Record<string, OnnxAttribute> = {},
  ): string[] {
    const outputs = Array.from({ length: count }, () => this.unique(op));
    this.nodes.push({ op, inputs, outputs, attributes });
    return outputs;
  }

  /**
   * The graph of an operator that runs one, such as Scan. Its nodes may read everything written before, and nothing
   * outside may read them.
   */
  body(name: string, write: () => Pick<OnnxGraph, 'inputs' | 'outputs'>): { readonly graph: OnnxGraph } {
    const outside = this.nodes.length;
    const ends = write();
    return { graph: { name, ...ends, nodes: this.nodes.splice(outside), initializers: [] } };
  }

  /** Adds a node, or finds the same one that was added before. */
  once(op: string, inputs: readonly string[], attributes: Record<string, OnnxAttribute> = {}): string {
    const key = JSON.stringify([op, inputs, attributes]);
    const known = this.shared.get(key) ?? this.node(op, inputs, attributes);
    this.shared.set(key, known);
    return known;
  }

  /** The same numbers in another type, cast once. */
  cast(value: string, to: keyof typeof elementTypes): string {
    return this.once('Cast', [value], { to: elementTypes[to] });
  }

  /** A constant array of whole numbers, one for each list of numbers and shape. */
  ints(data: readonly number[], dims: readonly number[] = [data.length]): string {
    return this.longList(data.join(), dims, () => data);
  }

  /** The same of numbers that are too many for a text of them: `key` tells what they are. */
  longList(key: string, dims: readonly number[], write: () => readonly number[] | Int32Array): string {
    const full = `${dims.join()}:${key}`;
    const known = this.integers.get(full);
    if (known) return known;
    const name = this.unique('ints');
    this.initializers.push({ name, type: 'int64', dims, data: write() });
    this.integers.set(full, name);
    return name;
  }

  float(value: number): string {
    const known = this.floats.get(value);
    if (known) return known;
    const name = this.tensor('float', [], Float32Array.of(value));
    this.floats.set(value, name);
    return name;
  }

  tensor(stem: string, dims: readonly number[], data: Float32Array): string {
    const name = this.unique(stem);
    this.initializers.push({ name, type: 'float32', dims, data });
    return name;
  }

  dim(dim: Dim): number | string {
    return this.batch === undefined ? dim : resolveDim(dim, this.batch);
  }

  /** A shape for Reshape, which takes −1 for the one extent that follows from the others. */
  reshapeTo(shape: readonly Dim[]): string {
    const dims = shape.map((dim) => this.dim(dim));
    if (dims.filter((dim) => typeof dim === 'string').length > 1) return this.fullShape(shape);
    return this.ints(dims.map((dim) => (typeof dim === 'number' ? dim : -1)));
  }

  /** A shape for operators that need every extent: read off an input where the batch size is open. */
  fullShape(shape: Shape): string {
    const dims = shape.map((dim) => this.dim(dim)) as Dim[];
    if (isStatic(dims)) return this.ints(dims);
    if (this.batchInput === undefined)
      throw shapeError('lower', `${formatShape(shape)} needs N, but no input begins with it. Fix the batch.`);
    const batch = this.node('Shape', [this.batchInput], { start: 0, end: 1 });
    const parts = dims.map((dim) => {
      if (typeof dim === 'number') return this.ints([dim]);
      const rows = resolveDim(dim, 1);
      return rows === 1 ? batch : this.node('Mul', [batch, this.ints([rows])]);
    });
    return parts.length === 1 ? parts[0] : this.node('Concat', parts, { axis: 0 });
  }
}

/** Writes a constant of the graph and returns its name. */
export const constantName = (emit: Emitter, value: Constant): string =>
  value.shape.length === 0
    ? emit.float(value.data[0])
    : emit.tensor('constant', value.shape, Float32Array.from(value.data));

/** A node with other names for what it reads and writes, inside the graphs that it runs too. */
const withNames = (node: OnnxNode, rename: (name: string) => string): OnnxNode => ({
  ...node,
  inputs: node.inputs.map(rename),
  outputs: node.outputs.map(rename),
  attributes: Object.fromEntries(
    Object.entries(node.attributes).map(([key, value]) => [key, renamedInside(value, rename)]),
  ),
});

const renamedInside = (value: OnnxAttribute, rename: (name: string) => string): OnnxAttribute =>
  typeof value === 'object' && 'graph' in value
    ? { graph: { ...value.graph, nodes: value.graph.nodes.map((node) => withNames(node, rename)) } }
    : value;

/** Gives a result the name its graph promises, by renaming where one name is enough. */
export function nameOutputs(nodes: readonly OnnxNode[], wanted: readonly [string, string][]): OnnxNode[] {
  const renamed = new Map<string, string>();
  const extra: OnnxNode[] = [];
  const produced = new Set(nodes.flatMap((node) => node.outputs));
  for (const [output, name] of wanted)
    if (produced.has(name) && !renamed.has(name)) renamed.set(name, output);
    else extra.push({ op: 'Identity', inputs: [name], outputs: [output], attributes: {} });
  return [...nodes, ...extra].map((node) => withNames(node, (name) => renamed.get(name) ?? name));
}

/**
 * Writes a graph as an ONNX model in the operators of a target.
 *
 * @example writeOnnx(lower(graph, exportTarget, { weights }))
 */
export function lower(graph: Graph, target: Target, options: LowerOptions = {}): OnnxModel {
  const { batch, weights = {}, doc = '' } = options;
  const fed = graph.inputs.filter((input) => !(input.name in weights));
  const batchInput = fed.find((input) => input.shape[0] === 'N')?.name;
  const reserved = [...graph.inputs.map((input) => input.name), ...graph.outputs.keys()];
  const emit = new Emitter(reserved, batch, batchInput);
  const names = new Map<Value, string>(graph.inputs.map((input) => [input, input.name]));

  for (const input of graph.inputs)
    if (input.name in weights) {
      const { shape, data } = weights[input.name];
      emit.initializers.push({ name: input.name, type: 'float32', dims: shape, data });
    }
  for (const value of graph.constants) names.set(value, constantName(emit, value));
  for (const node of graph.nodes) {
    const row = target.rows[node.op.name as OpName] as Row;
    const inputs = node.inputs.map((input) => names.get(input)!);
    names.set(node, row(emit, node as never, inputs));
  }

  const info = (name: string, shape: Shape, doc?: string): OnnxValueInfo => ({
    name,
    dims: shape.map((dim) => emit.dim(dim)),
    doc,
  });
  const outputs = [...graph.outputs];
  return {
    name: graph.name,
    doc,
    inputs: fed.map((input) => info(input.name, input.shape, input.meaning)),
    outputs: outputs.map(([name, value]) => info(name, value.shape)),
    nodes: nameOutputs(
      emit.nodes,
      outputs.map(([name, value]) => [name, names.get(value)!]),
    ),
    initializers: emit.initializers,
  };
}
