import type { Graph } from '../../../graph/graph.js';
import type { Node } from '../../../graph/value.js';
import { type GradientTask, gradientTask, type MapTask, mapTask } from './maps.js';

/** What is left of a layer on the way back: a weight gradient, and the maps that are a product with the same windows. */
export interface Pair {
  /** None where the maps are computed without windows, or not at all. */
  readonly maps: MapTask | undefined;
  readonly gradient: GradientTask;
}

const mapOperators = new Set(['Conv', 'ConvTranspose']);

/** Every weight gradient, with the maps that can be computed where the first of the two is; by each of their nodes. */
export function findPairs(graph: Graph, biased: ReadonlySet<Node>): ReadonlyMap<Node, Pair> {
  const places = new Map(graph.nodes.map((node, place) => [node, place]));
  const place = (node: Node) => places.get(node)!;
  const isKnownBefore = (limit: Node, { inputs }: Node) =>
    inputs.every((value) => value.kind !== 'node' || place(value) < place(limit));
  const together = (one: Node, other: Node) =>
    place(one) < place(other) ? isKnownBefore(one, other) : isKnownBefore(other, one);

  const tasks = graph.nodes
    .filter((node) => mapOperators.has(node.op.name) && !biased.has(node))
    .map((node) => mapTask(node))
    .filter(({ gathers }) => gathers);
  const pairs = new Map<Node, Pair>();
  for (const node of graph.nodes) {
    if (node.op.name !== 'ConvWeightGrad') continue;
    const gradient = gradientTask(node);
    const partner = tasks.find(
      (task) =>
        !pairs.has(task.node) &&
        task.maps === gradient.a &&
        task.cover.key === gradient.cover.key &&
        together(task.node, node),
    );
    const pair = { maps: partner, gradient };
    pairs.set(node, pair);
    if (partner) pairs.set(partner.node, pair);
  }
  return pairs;
}
