import { VaeError } from '../errors.js';
import { uniform } from '../random/index.js';
import type { Tensor } from '../tensor.js';

/** Enough for any start; what is not settled then is left to the caller's own steps. */
const mostSteps = 100;

/**
 * Groups latents by k-means: starting points by k-means++ (each next one a latent drawn with a chance in proportion to its
 * squared distance to the points before it; the uniforms with stream 'mixture', element k for point k), then Lloyd's
 * steps until no latent changes its group. No group is empty.
 *
 * @param rows latents [N, D]
 * @returns the group of each latent, 0 to `groups` - 1
 * @throws VaeError "bad-input" for fewer distinct latents than groups
 * @see Arthur & Vassilvitskii 2007, "k-means++: the advantages of careful seeding", SODA; Lloyd 1982, IEEE Transactions on
 * Information Theory 28(2)
 */
export function kMeans(rows: Tensor, groups: number, seed: number): Uint32Array {
  let nearest = nearestOf(rows, startingPoints(rows, groups, seed));
  for (let step = 0; step < mostSteps; step++) {
    const next = nearestOf(rows, centresOf(rows, nearest, groups));
    const settled = next.every((group, row) => group === nearest[row]);
    if (settled || new Set(next).size < groups) break;
    nearest = next;
  }
  return nearest;
}

function startingPoints({ data, shape }: Tensor, groups: number, seed: number): Float64Array[] {
  const [count, dimensions] = shape as [number, number];
  const draws = uniform({ seed, stream: 'mixture' }, groups);
  const distances = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  const points: Float64Array[] = [];
  for (const u of draws) {
    const chosen = points.length === 0 ? Math.floor(u * count) : pick(distances, u);
    if (chosen < 0) {
      throw new VaeError(
        'bad-input',
        `fitMixture: ${points.length} distinct latents for ${groups} components; ask for fewer.`,
      );
    }
    const point = Float64Array.from(data.subarray(chosen * dimensions, (chosen + 1) * dimensions));
    for (let row = 0; row < count; row++) {
      distances[row] = Math.min(distances[row]!, squaredDistance(data, row * dimensions, point));
    }
    points.push(point);
  }
  return points;
}

/** The first index at which the summed weights exceed the share u of their total; -1 when all weights are 0. */
function pick(weights: Float64Array, u: number): number {
  const limit = u * weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  return weights.findIndex((weight) => {
    sum += weight;
    return sum > limit;
  });
}

function nearestOf({ data, shape }: Tensor, centres: readonly Float64Array[]): Uint32Array {
  const [count, dimensions] = shape as [number, number];
  return Uint32Array.from({ length: count }, (_, row) => {
    const distances = centres.map((centre) => squaredDistance(data, row * dimensions, centre));
    return distances.reduce((best, distance, k) => (distance < distances[best]! ? k : best), 0);
  });
}

function centresOf({ data, shape }: Tensor, nearest: Uint32Array, groups: number): Float64Array[] {
  const dimensions = shape[1]!;
  const sums = Array.from({ length: groups }, () => new Float64Array(dimensions));
  const sizes = new Float64Array(groups);
  for (const [row, group] of nearest.entries()) {
    sizes[group]!++;
    for (let i = 0; i < dimensions; i++) sums[group]![i]! += data[row * dimensions + i]!;
  }
  return sums.map((sum, group) => sum.map((value) => value / sizes[group]!));
}

function squaredDistance(data: Float32Array, from: number, centre: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < centre.length; i++) sum += (data[from + i]! - centre[i]!) ** 2;
  return sum;
}
