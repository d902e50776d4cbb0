import type { Node, Value } from '../../graph/value.js';
import type { Window } from '../../ops/index.js';
import { coverOf } from './cover.js';
import { multiplyWindows, weightGradient } from './gathered.js';
import type { Holding } from './layout.js';
import type { CpuRow, Lowering } from './lowering.js';
import { spreadWindows } from './scattered.js';

/** From x to g: the windows of x, or backwards through those of the result. */
export function conv(lowering: Lowering, node: Node<Window>, bias?: Value): Holding {
  const [maps, weight] = node.inputs;
  const cover = coverOf(maps, weight.shape, node, node.attributes);
  const task = { node, maps, weight, cover, bias };
  return cover.mirrored ? spreadWindows(lowering, task) : multiplyWindows(lowering, task);
}

/** From g to x. */
export function convTranspose(lowering: Lowering, node: Node<Window>, bias?: Value): Holding {
  const [maps, weight] = node.inputs;
  const cover = coverOf(node, weight.shape, maps, node.attributes);
  const task = { node, maps, weight, cover, bias };
  return cover.mirrored ? multiplyWindows(lowering, task) : spreadWindows(lowering, task);
}

export const convWeightGrad: CpuRow<'ConvWeightGrad'> = weightGradient;
