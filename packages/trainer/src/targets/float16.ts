import type { OpName } from '../ops/index.js';
import type { Row, Target } from './lower.js';

/** What GPUs have units for that are faster in float16. */
type ProductName = Extract<OpName, 'MatMul' | 'Conv' | 'ConvTranspose' | 'ConvWeightGrad'>;

/** An operand that several products read, such as a weight of the forward and the backward pass, is cast once. */
const inHalves =
  <Name extends OpName>(row: Row<Name>): Row<Name> =>
  (emit, node, inputs) => {
    const halves = inputs.map((name) => emit.cast(name, 'float16'));
    return emit.cast(row(emit, node, halves), 'float32');
  };

/**
 * A target whose matrix products and convolutions, those of gradients included, are computed in float16. Everything
 * else stays float32: weights, moments, sums, the loss.
 *
 * @example lower(graph, float16Products(cudaTarget), { batch: 128 })
 */
export function float16Products({ name, rows }: Target): Target {
  const products: { readonly [Name in ProductName]: Row<Name> } = {
    MatMul: inHalves(rows.MatMul),
    Conv: inHalves(rows.Conv),
    ConvTranspose: inHalves(rows.ConvTranspose),
    ConvWeightGrad: inHalves(rows.ConvWeightGrad),
  };
  return { name: `${name}-float16`, rows: { ...rows, ...products } };
}

/** The target for the precision of a program. */
export const inPrecision = (target: Target, { precision }: { readonly precision?: 'float16' }): Target =>
  precision === 'float16' ? float16Products(target) : target;
