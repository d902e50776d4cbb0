import type { Node, Value } from '../../../graph/value.js';
import type { Window } from '../../../ops/index.js';
import { type Holding, permuted, plainOrder, type Spare, sameList, samplesLast } from '../layout.js';
import type { Factor } from '../linalg.js';
import type { Lowering } from '../lowering.js';
import { type Cover, coverOf, weightDims } from './cover.js';

/** Maps that are computed from maps and weights: a convolution or its transpose. */
export interface MapTask {
  readonly node: Node;
  readonly maps: Value;
  readonly weight: Value;
  readonly cover: Cover;
  /** True where windows of the maps are multiplied, false where products are added onto the result. */
  readonly gathers: boolean;
  readonly bias: Value | undefined;
}

/** What a convolution computes (from x to g), or its transpose (from g to x). */
export function mapTask(node: Node, bias?: Value): MapTask {
  const [maps, weight] = node.inputs;
  const forward = node.op.name === 'Conv';
  const [x, g] = forward ? [maps, node] : [node, maps];
  const cover = coverOf(x, weight.shape, g, node.attributes as Window);
  return { node, maps, weight, cover, gathers: cover.mirrored !== forward, bias };
}

/** A weight gradient: windows of the maps `a` times the maps `b`. */
export interface GradientTask {
  readonly node: Node;
  readonly cover: Cover;
  readonly a: Value;
  readonly b: Value;
}

export function gradientTask(node: Node): GradientTask {
  const { inputs, shape, attributes } = node;
  const [x, g] = inputs;
  const cover = coverOf(x, shape, g, attributes as Window);
  return cover.mirrored ? { node, cover, a: g, b: x } : { node, cover, a: x, b: g };
}

/** With fewer rows in the left factor, packing the right one takes as long as multiplying: the long side goes first. */
const ROWS_WORTH_PACKING = 128;

/** True where a weight gradient is written [A · taps, B]: in the order that multiplies faster, or else as the parameter lies. */
export function isWindowsFirst({ holdings, weights }: Lowering, { node, cover, b }: GradientTask): boolean {
  const [, channels] = holdings.resolve(b.shape);
  const lies = weights.gradients.get(node) ?? plainOrder(4);
  return channels < ROWS_WORTH_PACKING || sameList(lies, cover.windowsFirst);
}

/** A weight gradient as its product leaves it: [A · taps, B], or [B, A · taps]. */
export function gradientLayout(
  { holdings }: Lowering,
  { node, cover }: GradientTask,
  windowsFirst: boolean,
): Omit<Holding, 'name'> {
  const shape = holdings.resolve(node.shape);
  const order = windowsFirst ? cover.windowsFirst : cover.windowsLast;
  const dims = weightDims(cover, shape);
  return {
    dims: windowsFirst ? dims : dims.reverse(),
    order,
    extents: permuted(shape, order),
    spare: 'none',
  };
}

/** With as many columns, transposing the weights costs less than multiplying by them transposed. */
const COLUMNS_WORTH_TRANSPOSING = 1024;

/** Weights as the matrix [A · taps, B], or [B, A · taps]. */
export function weightFactor(
  { holdings }: Lowering,
  { weight, cover }: MapTask,
  windowsFirst: boolean,
  columns: number,
): Factor {
  const [wanted, other] = windowsFirst
    ? [cover.windowsFirst, cover.windowsLast]
    : [cover.windowsLast, cover.windowsFirst];
  const lies = holdings.has(weight, other) && !holdings.has(weight, wanted);
  const order = lies && columns < COLUMNS_WORTH_TRANSPOSING ? other : wanted;
  const dims = weightDims(cover, holdings.resolve(weight.shape));
  const name = holdings.viewed(weight, order, order === cover.windowsFirst ? dims : dims.reverse());
  return { name, transposed: order !== wanted };
}

/** Maps [N, C, H, W] as a product leaves them: [C, pixels · N]. */
export function mapsOf({ holdings }: Lowering, node: Node, name: string, spare: Spare): Holding {
  const order = samplesLast(4);
  const extents = permuted(holdings.resolve(node.shape), order);
  const [channels, height, width, samples] = extents;
  if (spare === 'none') return { name, dims: [channels, height * width * samples], order, extents, spare };
  const pixels = height * width + 1;
  return { name, dims: [channels, pixels * samples], order, extents: [channels, pixels, samples], spare };
}
