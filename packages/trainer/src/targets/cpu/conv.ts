import type { Node, Value } from '../../graph/value.js';
import { multiplyWindows, weightGradient } from './gathered.js';
import { multiplyInBlocks } from './in-blocks.js';
import type { Holding } from './layout.js';
import type { Lowering } from './lowering.js';
import { gradientTask, mapTask } from './maps.js';
import { spreadWindows } from './scattered.js';

/** A convolution or its transpose. */
export function conv(lowering: Lowering, node: Node, bias?: Value): Holding {
  const task = mapTask(node, bias);
  if (!task.gathers) return spreadWindows(lowering, task);
  return multiplyInBlocks(lowering, node) ?? multiplyWindows(lowering, task);
}

export const convWeightGrad = (lowering: Lowering, node: Node): Holding =>
  multiplyInBlocks(lowering, node) ?? weightGradient(lowering, gradientTask(node));
