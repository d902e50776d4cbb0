import { formatShape, type Shape, shapeError } from '../graph/shape.js';
import { apply, defineOp, type Value } from '../graph/value.js';

type Transposed = { transA: boolean; transB: boolean };

const oriented = (shape: Shape, transposed: boolean): Shape => (transposed ? [shape[1], shape[0]] : shape);

/** Product of two matrices, each as it is or transposed. */
export const MatMul = defineOp<'MatMul', Transposed>('MatMul', {
  shape: ([a, b], { transA, transB }) => {
    if (a.length !== 2 || b.length !== 2)
      throw shapeError('MatMul', `needs two matrices, got ${formatShape(a)} and ${formatShape(b)}.`);
    const [[rows, inner], [innerB, columns]] = [oriented(a, transA), oriented(b, transB)];
    if (inner !== innerB)
      throw shapeError(
        'MatMul',
        `${formatShape(a)} and ${formatShape(b)} do not fit: ${inner} against ${innerB}.`,
      );
    return [rows, columns];
  },
  // Y = A·B: dA = G·Bᵀ, dB = Aᵀ·G; a transposed operand gets the transpose of that.
  gradient: (g, { inputs: [a, b], attributes: { transA, transB } }) => [
    transA ? matMul(b, g, { transA: transB, transB: true }) : matMul(g, b, { transB: !transB }),
    transB ? matMul(g, a, { transA: true, transB: transA }) : matMul(a, g, { transA: !transA }),
  ],
});

export const matMul = (
  a: Value,
  b: Value,
  { transA = false, transB = false }: Partial<Transposed> = {},
): Value => apply(MatMul, [a, b], { transA, transB });
