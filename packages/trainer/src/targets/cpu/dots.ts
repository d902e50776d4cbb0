import type { Graph } from '../../graph/graph.js';
import { sameShape } from '../../graph/shape.js';
import type { Node } from '../../graph/value.js';
import { readerCounts } from './readers.js';

/** Sums of the products of two vectors: one node of the file for two of the graph, a·b. */
export interface DotProducts {
  /** The product, by the sum. */
  readonly bySum: ReadonlyMap<Node, Node>;
  readonly products: ReadonlySet<Node>;
}

/** Finds every product of two vectors that nothing reads but its sum. */
export function findDotProducts(graph: Graph): DotProducts {
  const readers = readerCounts(graph);
  const bySum = new Map<Node, Node>();
  for (const node of graph.nodes) {
    const [product] = node.inputs;
    if (node.op.name !== 'ReduceSum' || product.kind !== 'node' || product.op.name !== 'Mul') continue;
    const [a, b] = product.inputs;
    if (a.shape.length === 1 && sameShape(a.shape, b.shape) && readers.get(product) === 1)
      bySum.set(node, product);
  }
  return { bySum, products: new Set(bySum.values()) };
}
