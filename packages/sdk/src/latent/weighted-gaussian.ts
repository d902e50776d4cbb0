import { VaeError } from '../errors.js';
import type { Tensor } from '../tensor.js';
import { triangleSize } from './mixture.js';

/**
 * Mean and covariance of rows that count by their weights, and the sum of those. The covariance is divided by the sum,
 * gets the regularisation on its diagonal, and is given as the lower triangle of its Cholesky factor.
 *
 * @throws VaeError "bad-option" for a covariance that is singular in spite of it
 */
export function weightedGaussian({ data, shape }: Tensor, weights: Float64Array, regularisation: number) {
  const [count, dimensions] = shape as [number, number];
  const total = weights.reduce((sum, value) => sum + value, 0);
  // A component that lost all its latents keeps a weight of next to nothing instead of becoming 0 / 0.
  const divisor = Math.max(total, Number.MIN_VALUE);
  const mean = new Float64Array(dimensions);
  for (let row = 0; row < count; row++) {
    const weight = weights[row]! / divisor;
    if (weight === 0) continue;
    for (let i = 0; i < dimensions; i++) mean[i]! += weight * data[row * dimensions + i]!;
  }
  const triangle = new Float64Array(triangleSize(dimensions));
  const offset = new Float64Array(dimensions);
  for (let row = 0; row < count; row++) {
    const weight = weights[row]! / divisor;
    if (weight === 0) continue;
    for (let i = 0; i < dimensions; i++) offset[i] = data[row * dimensions + i]! - mean[i]!;
    for (let i = 0, at = 0; i < dimensions; i++) {
      const scaled = weight * offset[i]!;
      for (let j = 0; j <= i; j++) triangle[at++]! += scaled * offset[j]!;
    }
  }
  for (let i = 0; i < dimensions; i++) triangle[triangleSize(i + 1) - 1]! += regularisation;
  factorise(triangle, dimensions);
  return { total, mean, triangle };
}

/** Cholesky factor of a symmetric matrix, in place of its lower triangle. */
function factorise(triangle: Float64Array, dimensions: number): void {
  for (let i = 0; i < dimensions; i++) {
    const row = triangleSize(i);
    for (let j = 0; j <= i; j++) {
      const other = triangleSize(j);
      let sum = triangle[row + j]!;
      for (let k = 0; k < j; k++) sum -= triangle[row + k]! * triangle[other + k]!;
      triangle[row + j] = i === j ? Math.sqrt(sum) : sum / triangle[other + j]!;
    }
    if (!(triangle[row + i]! > 0)) {
      throw new VaeError(
        'bad-option',
        'fitMixture: a covariance is singular in float64; raise the regularisation, or ask for fewer components.',
      );
    }
  }
}
