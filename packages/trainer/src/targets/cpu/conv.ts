import type { Node, Value } from '../../graph/value.js';
import { multiplyWindows, weightGradient } from './gathered.js';
import type { Holding } from './layout.js';
import type { CpuRow, Lowering } from './lowering.js';
import { gradientTask, mapTask } from './maps.js';
import { spreadWindows } from './scattered.js';

/** A convolution or its transpose. */
export function conv(lowering: Lowering, node: Node, bias?: Value): Holding {
  const task = mapTask(node, bias);
  return task.gathers ? multiplyWindows(lowering, task) : spreadWindows(lowering, task);
}

export const convWeightGrad: CpuRow<'ConvWeightGrad'> = (lowering, node) =>
  weightGradient(lowering, gradientTask(node as unknown as Node));
