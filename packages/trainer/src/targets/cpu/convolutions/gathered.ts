import type { Holding } from '../layout.js';
import { biasColumn, writeProduct } from '../linalg.js';
import type { Lowering } from '../lowering.js';
import { columnsOf } from './columns.js';
import {
  type GradientTask,
  gradientLayout,
  isWindowsFirst,
  type MapTask,
  mapsOf,
  weightFactor,
} from './maps.js';

/** b = W · windows of a: im2col and one product, with the bias in it. */
export function multiplyWindows(lowering: Lowering, task: MapTask): Holding {
  const { node, maps, cover, bias } = task;
  const partner = lowering.pairs.get(node)?.gradient;
  const spare = partner !== undefined && lowering.holdings.carriesSpare(partner.b);
  const columns = columnsOf(lowering, maps, cover, spare);
  const [samples, channels] = lowering.holdings.resolve(node.shape);
  const weight = weightFactor(lowering, task, false, columns.count * samples);
  const windows = { name: columns.name, transposed: false };
  const name = writeProduct(lowering, weight, windows, biasColumn(lowering, bias, channels));
  const filled = bias ? 'anything' : 'zeros';
  return mapsOf(lowering, node, name, columns.spare ? filled : 'none');
}

/** w = windows of a · bᵀ, in the order that multiplies faster or else in that of the parameter. */
export function weightGradient(lowering: Lowering, task: GradientTask): Holding {
  const { holdings } = lowering;
  const { cover, a, b } = task;
  const columns = columnsOf(lowering, a, cover, holdings.carriesSpare(b));
  const maps = columns.spare ? (holdings.withSpare(b) ?? holdings.withZeros(b)) : holdings.usual(b);
  const [samples, channels] = holdings.resolve(b.shape);
  const windows = { name: columns.name, transposed: false };
  const pixels = { name: holdings.view(maps, [channels, columns.count * samples]), transposed: false };
  const windowsFirst = isWindowsFirst(lowering, task);
  const [left, right] = windowsFirst ? [windows, pixels] : [pixels, windows];
  const name = writeProduct(lowering, left, { ...right, transposed: true });
  return { name, ...gradientLayout(lowering, task, windowsFirst) };
}
