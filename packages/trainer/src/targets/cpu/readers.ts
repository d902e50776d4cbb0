import type { Graph } from '../../graph/graph.js';
import type { Value } from '../../graph/value.js';

/** How many operands and outputs of a graph each value is. */
export function readerCounts(graph: Graph): Map<Value, number> {
  const counts = new Map<Value, number>();
  const read = (value: Value) => counts.set(value, (counts.get(value) ?? 0) + 1);
  for (const node of graph.nodes) node.inputs.forEach(read);
  for (const value of graph.outputs.values()) read(value);
  return counts;
}
