import type { Graph } from '../../graph/graph.js';
import { gradientName, type Input, type Node, type Value } from '../../graph/value.js';
import { isConvolution, kernelOrder } from './convolutions/direct.js';
import { mapTask } from './convolutions/maps.js';
import { hasSamples, type Order } from './layout.js';

/** In which order the file has parameters and their gradients. */
export interface WeightOrders {
  readonly inputs: ReadonlyMap<Input, Order>;
  /** By the gradient's value, and by the name of the output. */
  readonly gradients: ReadonlyMap<Value, Order>;
  readonly outputs: ReadonlyMap<string, Order>;
}

/** The operand of a product that is a weight, and the order in which that product reads it as it lies. */
function weightOf(node: Node): [Value, Order] | undefined {
  const { op, inputs, shape, attributes } = node;
  if (!hasSamples(shape)) return undefined;
  const [, weight] = inputs;
  if (op.name === 'Conv' || op.name === 'ConvTranspose') {
    const task = mapTask(node);
    if (isConvolution(task)) return [weight, kernelOrder(task)];
    return [weight, task.gathers ? task.cover.windowsLast : task.cover.windowsFirst];
  }
  // The result is [M, N], the product of [M, K] and [K, N].
  if (op.name === 'MatMul') return [weight, attributes.transB ? [0, 1] : [1, 0]];
  return undefined;
}

/** A parameter lies as its first reader, the forward pass, wants it; its gradient lies as it does. */
export function findWeightOrders(graph: Graph): WeightOrders {
  const inputs = new Map<Input, Order>();
  for (const node of graph.nodes) {
    const [weight, order] = weightOf(node) ?? [];
    if (weight?.kind === 'input' && weight.role === 'state' && !inputs.has(weight))
      inputs.set(weight, order!);
  }
  const outputs = new Map([...inputs].map(([{ name }, order]) => [gradientName(name), order]));
  const gradients = new Map<Value, Order>();
  for (const [name, value] of graph.outputs) {
    const order = outputs.get(name);
    if (order) gradients.set(value, order);
  }
  return { inputs, gradients, outputs };
}
