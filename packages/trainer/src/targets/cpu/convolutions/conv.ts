import type { Node, Value } from '../../../graph/value.js';
import type { Holding } from '../layout.js';
import type { Lowering } from '../lowering.js';
import { convolve, isDirect } from './direct.js';
import { multiplyWindows, weightGradient } from './gathered.js';
import { multiplyInBlocks } from './in-blocks.js';
import { gradientTask, mapTask } from './maps.js';
import { spreadWindows } from './scattered.js';

/** A convolution or its transpose. */
export function conv(lowering: Lowering, node: Node, bias?: Value): Holding {
  const task = mapTask(node, bias);
  const shared = multiplyInBlocks(lowering, node);
  if (shared) return shared;
  // One of a pair that is too small for blocks still shares its windows with the weight gradient.
  if (!lowering.pairs.has(node) && isDirect(lowering, task)) return convolve(lowering, task);
  return task.gathers ? multiplyWindows(lowering, task) : spreadWindows(lowering, task);
}

export const convWeightGrad = (lowering: Lowering, node: Node): Holding =>
  multiplyInBlocks(lowering, node) ?? weightGradient(lowering, gradientTask(node));
