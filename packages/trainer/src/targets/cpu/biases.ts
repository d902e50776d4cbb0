import type { Graph } from '../../graph/graph.js';
import { isStatic, type Shape, sizeOf } from '../../graph/shape.js';
import type { Node, Value } from '../../graph/value.js';
import { hasSamples } from './layout.js';
import { readerCounts } from './readers.js';

export interface BiasedProduct {
  readonly product: Node;
  readonly bias: Value;
}

/** Products that are written together with the bias added to them, by the node that adds it. */
export interface BiasedProducts {
  readonly byAdd: ReadonlyMap<Node, BiasedProduct>;
  readonly products: ReadonlySet<Node>;
}

const productNames = new Set(['MatMul', 'Conv', 'ConvTranspose']);

/** One number for each feature of [N, M] or channel of [N, M, H, W]. */
function isBias(bias: Shape, result: Shape): boolean {
  if (!isStatic(bias) || sizeOf(bias) !== result[1]) return false;
  const added = result.length - bias.length;
  return added >= 0 && bias.every((dim, i) => dim === 1 || i + added === 1);
}

/** Finds every product of samples that nothing reads but the addition of a bias. */
export function findBiases(graph: Graph): BiasedProducts {
  const readers = readerCounts(graph);
  const byAdd = new Map<Node, BiasedProduct>();
  const products = new Set<Node>();
  for (const node of graph.nodes) {
    if (node.op.name !== 'Add') continue;
    const [a, b] = node.inputs;
    for (const [product, bias] of [
      [a, b],
      [b, a],
    ]) {
      if (byAdd.has(node) || product.kind !== 'node' || !productNames.has(product.op.name)) continue;
      if (readers.get(product) !== 1 || !hasSamples(product.shape) || !isBias(bias.shape, product.shape))
        continue;
      byAdd.set(node, { product, bias });
      products.add(product);
    }
  }
  return { byAdd, products };
}
