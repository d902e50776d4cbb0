import { VaeError } from '../errors.js';

/** A mixture of K Gaussians over latents of D dimensions, each with a covariance matrix of its own. */
export interface Mixture {
  /** How often each component is drawn: K numbers >= 0 that sum to 1. */
  readonly weights: readonly number[];
  /** K means of D numbers. */
  readonly mean: readonly (readonly number[])[];
  /**
   * K lower triangles L with a positive diagonal, where L L^T is the covariance: D (D + 1) / 2 numbers each, row by row
   * (L00, L10, L11, L20, ...).
   */
  readonly cholesky: readonly (readonly number[])[];
}

export const mostComponents = 1024;
export const mostDimensions = 512;

/** What was expected of a mixture over so many dimensions and is not so; undefined for a good one. */
export function mixtureFault({ weights, mean, cholesky }: Mixture, dimensions: number): string | undefined {
  const count = weights.length;
  const size = triangleSize(dimensions);
  if (count < 1 || count > mostComponents) return `expected 1 to ${mostComponents} weights`;
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (weights.some((weight) => !(weight >= 0)) || !(Math.abs(sum - 1) <= 1e-6)) {
    return 'expected weights >= 0 that sum to 1';
  }
  if (dimensions < 1 || dimensions > mostDimensions) return `expected 1 to ${mostDimensions} dimensions`;
  if (!areRows(mean, count, dimensions)) return `expected mean to be ${count} lists of ${dimensions} numbers`;
  if (!areRows(cholesky, count, size)) {
    return `expected cholesky to be ${count} lists of ${size} numbers, lower triangles row by row`;
  }
  const hasPositiveDiagonal = (triangle: readonly number[]) =>
    mean[0]!.every((_, i) => triangle[triangleSize(i + 1) - 1]! > 0);
  return cholesky.every(hasPositiveDiagonal) ? undefined : 'expected cholesky to have a diagonal above 0';
}

/**
 * Refuses what is no mixture.
 *
 * @returns its number of dimensions
 * @throws VaeError "bad-input"
 */
export function assertMixture(mixture: Mixture, where: string): number {
  const { weights, mean, cholesky } = (mixture ?? {}) as Partial<Mixture>;
  if (!Array.isArray(weights) || !Array.isArray(mean) || !Array.isArray(cholesky)) {
    throw new VaeError('bad-input', `${where}: expected a mixture { weights, mean, cholesky }.`);
  }
  const dimensions = Array.isArray(mean[0]) ? mean[0].length : 0;
  const fault = mixtureFault(mixture, dimensions);
  if (fault) throw new VaeError('bad-input', `${where}: wrong mixture, ${fault}.`);
  return dimensions;
}

/** Numbers in a lower triangle of so many rows. */
export function triangleSize(rows: number): number {
  return (rows * (rows + 1)) / 2;
}

function areRows(rows: readonly (readonly number[])[], count: number, length: number): boolean {
  const isRow = (row: unknown) => Array.isArray(row) && row.length === length && row.every(Number.isFinite);
  return rows.length === count && rows.every(isRow);
}
