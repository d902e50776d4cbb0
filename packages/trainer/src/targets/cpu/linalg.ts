import type { Node, Value } from '../../graph/value.js';
import type { AttributesOf } from '../lower.js';
import { type Holding, hasSamples, permuted, plainOrder, samplesLast } from './layout.js';
import type { Lowering } from './lowering.js';

/** A matrix as it lies in the file, or the transpose of what lies there. */
export interface Factor {
  readonly name: string;
  readonly transposed: boolean;
}

/** left · right + bias; the bias is [rows, 1]. */
export function writeProduct({ emit }: Lowering, left: Factor, right: Factor, bias?: string): string {
  if (!left.transposed && !right.transposed && bias === undefined)
    return emit.node('MatMul', [left.name, right.name]);
  const names = [left.name, right.name, ...(bias === undefined ? [] : [bias])];
  return emit.node('Gemm', names, {
    ...(left.transposed && { transA: 1 }),
    ...(right.transposed && { transB: 1 }),
  });
}

/** The bias of a product as one number for each of its rows. */
export const biasColumn = (
  { holdings }: Lowering,
  bias: Value | undefined,
  rows: number,
): string | undefined => bias && holdings.view(holdings.usual(bias), [rows, 1]);

/** A matrix or its transpose, as it lies there already if it does. */
function factor({ holdings }: Lowering, value: Value, transposed: boolean): Factor {
  const first = transposed ? 1 : 0;
  const lying = holdings.of(value);
  const ready = lying.find(({ order }) => order[0] === first);
  const { order } = ready ?? (hasSamples(value.shape) ? holdings.usual(value) : lying[0]);
  return { name: holdings.viewed(value, order), transposed: order[0] !== first };
}

/**
 * Samples are columns: the transpose of x·W is Wᵀ·xᵀ, and Wᵀ is what the file has. The gradient of a weight is
 * written as the weight lies.
 */
export const matMul = (lowering: Lowering, node: Node<AttributesOf<'MatMul'>>, bias?: Value): Holding => {
  const [a, b] = node.inputs;
  const { transA, transB } = node.attributes;
  const order = hasSamples(node.shape) ? samplesLast(2) : (lowering.weights.gradients.get(node) ?? [0, 1]);
  const extents = permuted(lowering.holdings.resolve(node.shape), order);
  const [left, right] =
    order[0] === 1
      ? [factor(lowering, b, !transB), factor(lowering, a, !transA)]
      : [factor(lowering, a, transA), factor(lowering, b, transB)];
  const name = writeProduct(lowering, left, right, biasColumn(lowering, bias, extents[0]));
  return { name, dims: extents, order, extents, spare: 'none' };
};

/** Σ a·b of two vectors. */
export function dot({ holdings, emit }: Lowering, sum: Node, { inputs }: Node): Holding {
  const names = inputs.map((vector) => holdings.viewed(vector, [0]));
  const extents = holdings.resolve(sum.shape);
  const order = plainOrder(extents.length);
  return { name: emit.once('MatMul', names), dims: [], order, extents, spare: 'none' };
}
