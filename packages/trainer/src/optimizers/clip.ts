import { constant, type Value } from '../graph/value.js';
import { add, div, ifFinite, min, mul, sqrt, square, sumAll } from '../ops/index.js';

/** Euclidean norm of all gradients taken together, []. In float32 it is infinite from 2⁶⁴ on, where squares overflow. */
export const globalNorm = (gradients: readonly Value[]): Value =>
  sqrt(
    gradients.map((gradient) => sumAll(square(gradient))).reduce((sum, part) => add(sum, part), constant(0)),
  );

/** In this unit 2²⁹ gradients as large as float32 has them can be squared and added. */
const UNIT = 2 ** 80;
/**
 * Keeps the squares of small gradients in that unit from being denormal, on which processors spend many times as long.
 * Beside a norm of 2⁶⁴ it is lost in rounding.
 */
const OFFSET = 2 ** -60;

/** The same norm, of gradients whose squares overflow in a larger unit: clipping divides by it. */
export function finiteNorm(gradients: readonly Value[]): Value {
  const norm = globalNorm(gradients);
  const inUnits = gradients.map((gradient) => add(mul(gradient, 1 / UNIT), OFFSET));
  return ifFinite(norm, norm, mul(UNIT, globalNorm(inUnits)));
}

/** Gradients scaled down together so that their norm is at most `limit` (Pascanu et al. 2013, algorithm 1). */
export function clipByNorm(gradients: readonly Value[], norm: Value, limit: number): Value[] {
  const scale = min(1, div(limit, add(norm, 1e-12)));
  return gradients.map((gradient) => mul(gradient, scale));
}
