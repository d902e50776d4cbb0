import type { Graph } from '../../graph/graph.js';
import { resolveShape, sizeOf } from '../../graph/shape.js';
import { gradientName, type Input } from '../../graph/value.js';
import type { OnnxModel } from '../../onnx/model.js';
import type { OpName } from '../../ops/index.js';
import { constantName, Emitter, nameOutputs } from '../lower.js';
import { findBiases } from './biases.js';
import { findPairs } from './convolutions/pairs.js';
import { findDotProducts } from './dots.js';
import { Holdings } from './holdings.js';
import { type Order, permuted, plainOrder, sameList } from './layout.js';
import type { CpuRow, Lowering } from './lowering.js';
import { cpuRows } from './rows.js';
import { findSoftplusSums } from './softplus-sums.js';
import { findWeightOrders } from './weight-orders.js';

/** A graph for ONNX Runtime's CPU kernels. */
export interface CpuModel {
  /** Inputs and outputs in the graph's order. */
  readonly model: OnnxModel;
  /**
   * Parameters that the file reads transposed: file axis i is tensor axis `layouts.get(name)![i]`. The output
   * `gradientName(name)` has the same layout.
   */
  readonly layouts: ReadonlyMap<string, readonly number[]>;
}

export interface CpuOptions {
  /** Samples in every run. */
  readonly batch: number;
  /** Threads that the session may use inside one operator; 1 by default. The file depends on 1 or more, not on how many. */
  readonly threads?: number;
}

/**
 * A parameter lies as a product takes it, so that no node has to make that of it: a number for each feature or channel
 * as a column, kernels as a matrix with their windows [C, h, w] along one axis.
 */
function parameterDims(order: Order, extents: readonly number[]): readonly number[] {
  if (extents.length === 1) return [...extents, 1];
  if (extents.length !== 4) return extents;
  const split = order[3] === 3 ? 1 : 3;
  return [sizeOf(extents.slice(0, split)), sizeOf(extents.slice(split))];
}

/** The lowering of a graph before its first row. */
function begin(graph: Graph, { batch, threads = 1 }: CpuOptions): Lowering {
  const names = [...graph.inputs.map(({ name }) => name), ...graph.outputs.keys()];
  const emit = new Emitter(names, batch, undefined);
  const holdings = new Holdings(emit, batch);
  const weights = findWeightOrders(graph);
  for (const input of graph.inputs) {
    const order = weights.inputs.get(input) ?? plainOrder(input.shape.length);
    const extents = permuted(resolveShape(input.shape, batch), order);
    const dims = input.role === 'state' ? parameterDims(order, extents) : extents;
    holdings.add(input, { name: input.name, dims, order, extents, spare: 'none' });
  }
  for (const value of graph.constants) holdings.addPlain(value, constantName(emit, value));
  const [biases, dots, sums] = [findBiases(graph), findDotProducts(graph), findSoftplusSums(graph)];
  const pairs = findPairs(graph, biases.products);
  return {
    emit,
    holdings,
    threads,
    weights,
    biases,
    dots,
    sums,
    pairs,
    computed: new Map(),
    columns: new Map(),
  };
}

function layoutsOf(orders: ReadonlyMap<Input, Order>): Map<string, Order> {
  const moved = [...orders].filter(([, order]) => !sameList(order, plainOrder(order.length)));
  return new Map(moved.map(([input, order]) => [input.name, order]));
}

/**
 * Writes a graph for the fastest kernels of ONNX Runtime on CPUs: matrix products with samples as the last axis.
 * Products with weights become Gemm over all samples. Convolutions become Conv over them, or Gemm as their gradients do
 * (im2col by Gather, col2im by ScatterND), block by block in a Scan where the windows are many. Activations stay next to the
 * product before them, so that the runtime fuses the two. What differs from the order [d1, d2, …, N] is transposed where a
 * row needs it. The same graph always gives the same model.
 *
 * Inputs that begin with `N` are fed as rows, and outputs leave in the graph's own layout, except for parameters and
 * their gradients: see {@link CpuModel.layouts}; those of one axis, [C], are columns [C, 1], and kernels are matrices.
 *
 * @example
 * const { model, layouts } = lowerForCpu(programs.train.parts!.gradients, { batch: 32 });
 * const session = await ort.InferenceSession.create(writeOnnx(model), { intraOpNumThreads: 1 });
 */
export function lowerForCpu(graph: Graph, options: CpuOptions): CpuModel {
  const lowering = begin(graph, options);
  const { emit, holdings, weights, biases, dots } = lowering;
  for (const node of graph.nodes) {
    if (biases.products.has(node) || dots.products.has(node)) continue;
    holdings.add(node, (cpuRows[node.op.name as OpName] as CpuRow)(lowering, node as never));
  }
  const parameters = graph.inputs.filter(({ role }) => role === 'state');
  const slopes = new Set(parameters.map(({ name }) => gradientName(name)));
  const outputs = [...graph.outputs].map(([name, value]) => {
    const order = weights.outputs.get(name) ?? plainOrder(value.shape.length);
    const extents = permuted(holdings.resolve(value.shape), order);
    const dims = slopes.has(name) ? parameterDims(order, extents) : extents;
    return { info: { name, dims }, source: holdings.viewed(value, order, dims) };
  });
  const model: OnnxModel = {
    name: graph.name,
    doc: '',
    inputs: graph.inputs.map((input) => {
      const [{ dims }] = holdings.of(input);
      return { name: input.name, dims, doc: input.meaning };
    }),
    outputs: outputs.map(({ info }) => info),
    nodes: nameOutputs(
      emit.nodes,
      outputs.map(({ info, source }) => [info.name, source]),
    ),
    initializers: emit.initializers,
  };
  return { model, layouts: layoutsOf(weights.inputs) };
}
