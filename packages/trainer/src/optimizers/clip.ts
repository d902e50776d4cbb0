import { constant, type Value } from '../graph/value.js';
import { add, div, min, mul, sqrt, square, sumAll } from '../ops/index.js';

/** Euclidean norm of all gradients taken together, []. */
export const globalNorm = (gradients: readonly Value[]): Value =>
  sqrt(
    gradients.map((gradient) => sumAll(square(gradient))).reduce((sum, part) => add(sum, part), constant(0)),
  );

/** Gradients scaled down together so that their norm is at most `limit` (Pascanu et al. 2013, algorithm 1). */
export function clipByNorm(gradients: readonly Value[], norm: Value, limit: number): Value[] {
  const scale = min(1, div(limit, add(norm, 1e-12)));
  return gradients.map((gradient) => mul(gradient, scale));
}
