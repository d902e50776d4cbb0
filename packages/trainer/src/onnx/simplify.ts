import type { OnnxModel, OnnxNode, OnnxTensor } from './model.js';

/** What the rules ask about a graph. */
class Facts {
  private readonly constants: ReadonlyMap<string, OnnxTensor>;
  private readonly producers: ReadonlyMap<string, OnnxNode>;
  private readonly uses = new Map<string, number>();

  constructor({ nodes, initializers, outputs }: OnnxModel) {
    this.constants = new Map(initializers.map((tensor) => [tensor.name, tensor]));
    this.producers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
    const read = [...nodes.flatMap((node) => node.inputs), ...outputs.map(({ name }) => name)];
    for (const name of read) this.uses.set(name, (this.uses.get(name) ?? 0) + 1);
  }

  constant(name: string): OnnxTensor | undefined {
    return this.constants.get(name);
  }

  producer(name: string): OnnxNode | undefined {
    return this.producers.get(name);
  }

  /** Whether one node reads it and nothing else does. */
  isReadOnce(name: string): boolean {
    return this.uses.get(name) === 1;
  }
}

/** Output channels by the second input's extents, for operators that take a bias as their third. */
const channelsOf: Readonly<Record<string, (dims: readonly number[], node: OnnxNode) => number>> = {
  Conv: ([filters]) => filters,
  ConvTranspose: ([, filters]) => filters,
  MatMul: ([, columns]) => columns,
  Gemm: ([rows, columns], { attributes }) => (attributes.transB ? rows : columns),
};

/** The extents that a constant must have to be the bias of a product. */
const biasDims = (op: string, channels: number): readonly number[] =>
  op.startsWith('Conv') ? [channels, 1, 1] : [channels];

interface Fused {
  readonly product: OnnxNode;
  readonly bias: OnnxTensor;
}

/** The product and the bias that an Add joins, where nothing else reads either. */
function fusable(add: OnnxNode, facts: Facts): Fused | undefined {
  if (add.op !== 'Add' || !add.inputs.every((name) => facts.isReadOnce(name))) return undefined;
  for (const [result, other] of [add.inputs, [...add.inputs].reverse()]) {
    const product = facts.producer(result);
    const bias = facts.constant(other);
    const weight = product?.inputs.length === 2 && facts.constant(product.inputs[1]);
    if (!product || !bias || !weight || !Object.hasOwn(channelsOf, product.op)) continue;
    const wanted = biasDims(product.op, channelsOf[product.op](weight.dims, product));
    if (String(bias.dims) === String(wanted)) return { product, bias };
  }
  return undefined;
}

/** Conv, ConvTranspose, Gemm and MatMul take the bias that is added to them: one node fewer each. */
function fuseBiases(model: OnnxModel): OnnxModel {
  const facts = new Facts(model);
  const promised = new Set(model.outputs.map(({ name }) => name));
  const gone = new Set<OnnxNode>();
  const vectors = new Map<string, OnnxTensor>();
  // Sums take over the names of their products, which say in a viewer what the node is.
  const renamed = new Map<string, string>();
  const rename = (name: string): string => renamed.get(name) ?? name;
  const nodes = model.nodes.map((node): OnnxNode => {
    const fused = fusable(node, facts);
    if (!fused) return { ...node, inputs: node.inputs.map(rename) };
    const { product, bias } = fused;
    const [sum] = node.outputs;
    gone.add(product);
    vectors.set(bias.name, { ...bias, dims: [bias.dims[0]] });
    if (!promised.has(sum)) renamed.set(sum, product.outputs[0]);
    const op = product.op === 'MatMul' ? 'Gemm' : product.op;
    return { ...product, op, inputs: [...product.inputs.map(rename), bias.name], outputs: [rename(sum)] };
  });
  return {
    ...model,
    nodes: nodes.filter((_, i) => !gone.has(model.nodes[i])),
    initializers: model.initializers.map((tensor) => vectors.get(tensor.name) ?? tensor),
  };
}

interface Cut {
  readonly node: OnnxNode;
  readonly start: number;
  readonly end: number;
}

/** What a Slice takes of the second axis of a matrix; undefined for other nodes. */
function cutOf(node: OnnxNode, facts: Facts): Cut | undefined {
  if (node.op !== 'Slice') return undefined;
  const settings = node.inputs.slice(1).map((name) => facts.constant(name)?.data ?? []);
  const [start, end, axis, step] = settings.map((data) => (data.length === 1 ? data[0] : Number.NaN));
  return axis === 1 && step === 1 ? { node, start, end } : undefined;
}

/** Whether the cuts, in their order, are equal parts of `size` columns with none left over. */
const isEqualParts = (cuts: readonly Cut[], size: number): boolean =>
  cuts.length > 1 &&
  cuts.every(({ start, end }, i) => {
    const part = size / cuts.length;
    return start === i * part && end === (i + 1) * part;
  });

/** Slices that halve the columns of one matrix product, as mean and log-variance do, become one Split. */
function joinSlices(model: OnnxModel): OnnxModel {
  const facts = new Facts(model);
  const splits = new Map<OnnxNode, OnnxNode>();
  const gone = new Set<OnnxNode>();
  for (const product of model.nodes) {
    const weight = product.op === 'Gemm' && facts.constant(product.inputs[1]);
    if (!weight) continue;
    const [whole] = product.outputs;
    const cuts = model.nodes
      .filter((node) => node.inputs[0] === whole)
      .flatMap((node) => cutOf(node, facts) ?? [])
      .sort((a, b) => a.start - b.start);
    if (!isEqualParts(cuts, channelsOf.Gemm(weight.dims, product))) continue;
    const outputs = cuts.flatMap(({ node }) => node.outputs);
    splits.set(product, { op: 'Split', inputs: [whole], outputs, attributes: { axis: 1 } });
    for (const { node } of cuts) gone.add(node);
  }
  const nodes = model.nodes.flatMap((node) => [node, splits.get(node) ?? []].flat());
  return { ...model, nodes: nodes.filter((node) => !gone.has(node)) };
}

function dropUnused(model: OnnxModel): OnnxModel {
  const read = new Set(model.nodes.flatMap((node) => node.inputs));
  return { ...model, initializers: model.initializers.filter(({ name }) => read.has(name)) };
}

/**
 * The same function in fewer nodes: biases inside the products that they are added to, one Split for slices side by
 * side, no constants that nothing reads. Weights keep their names; a bias [C, 1, 1] becomes [C].
 *
 * @param model a graph that the export target wrote, where MatMul multiplies matrices only
 * @example writeOnnx(simplify(lower(graph, exportTarget, { weights })))
 */
export const simplify = (model: OnnxModel): OnnxModel => dropUnused(joinSlices(fuseBiases(model)));
