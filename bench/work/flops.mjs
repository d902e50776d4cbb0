const product = (numbers) => numbers.reduce((total, number) => total * number, 1);

/** A multiplication and an addition for each number of the result and each number summed over, by operator. */
const counts = {
  // x [N, C, H, W], w [M, C, h, w] → [N, M, H', W']
  Conv: ({ inputs: [, w] }, shape) => 2 * product(shape) * product(w.slice(1)),
  // g [N, M, H', W'], w [M, C, h, w] → [N, C, H, W]: each number of g meets each weight of its channel once.
  ConvTranspose: ({ inputs: [g, w] }) => 2 * product(g) * product(w.slice(1)),
  // x [N, C, H, W], g [N, M, H', W'] → [M, C, h, w]
  ConvWeightGrad: ({ inputs: [, g] }, shape) => 2 * product(g) * product(shape.slice(1)),
  MatMul: ({ inputs: [a], attributes: { transA } }, shape) => 2 * product(shape) * a[transA ? 0 : 1],
};

/**
 * Floating-point operations of the convolutions and matrix products of a graph; what else it does is not counted.
 *
 * @param graph of a program from `buildPrograms`
 * @param batch samples that the graph is run on
 */
export function flopsOf({ nodes }, batch) {
  const resolved = ({ shape }) =>
    shape.map((dim) => (typeof dim === 'number' ? dim : batch * Number(dim.slice(0, -1) || 1)));
  const counted = nodes.filter(({ op }) => op.name in counts);
  return counted.reduce((total, node) => {
    const { op, inputs, attributes } = node;
    return total + counts[op.name]({ inputs: inputs.map(resolved), attributes }, resolved(node));
  }, 0);
}
