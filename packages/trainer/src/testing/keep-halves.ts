import type { OpName } from '../ops/index.js';
import type { Emitter, Row, Target } from '../targets/lower.js';

/**
 * A node that changes nothing and is left where it is. ONNX Runtime computes products of float16 in float32 on the CPU
 * and drops the casts to float16 and back around them; with this between the casts, numbers are rounded.
 */
const kept = (emit: Emitter, x: string): string => emit.node('Concat', [x], { axis: 0 });

const keeping =
  <Name extends OpName>(row: Row<Name>): Row<Name> =>
  (emit, node, inputs) => {
    const operands = inputs.map((x) => kept(emit, x));
    return kept(emit, row(emit, node, operands));
  };

/**
 * A target whose products round operands and results to float16 on the CPU too, once they are made float16: what a GPU
 * does, but for the order of sums.
 *
 * @example lower(graph, float16Products(keepHalves(cudaTarget)))
 */
export const keepHalves = ({ name, rows }: Target): Target => ({
  name,
  rows: {
    ...rows,
    MatMul: keeping(rows.MatMul),
    Conv: keeping(rows.Conv),
    ConvTranspose: keeping(rows.ConvTranspose),
    ConvWeightGrad: keeping(rows.ConvWeightGrad),
  },
});
