import { normal } from '@vae/sdk/random';

/** Directions in which points are spread most. */
export interface Projection {
  /** Coordinates along the first and the second direction, [rows, 2] in row-major order. */
  readonly points: Float64Array;
  /** Share of the variance along each, 0 to 1. */
  readonly shares: readonly [number, number];
}

const ITERATIONS = 100;
const CONVERGED = 1e-9;

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** target += factor · source */
function addScaled(target: Float64Array, factor: number, source: Float64Array): void {
  for (let i = 0; i < target.length; i++) target[i] += factor * source[i];
}

/** Rows with their mean taken off. */
function centred(data: ArrayLike<number>, columns: number): Float64Array[] {
  const rows = Array.from({ length: data.length / columns }, (_, row) =>
    Float64Array.from({ length: columns }, (_, i) => data[row * columns + i]),
  );
  const mean = new Float64Array(columns);
  for (const row of rows) addScaled(mean, 1 / rows.length, row);
  for (const row of rows) addScaled(row, -1, mean);
  return rows;
}

/** v → XᵀX v */
type Spread = (direction: Float64Array) => Float64Array;

/** The product of a matrix, given by its rows, with its transpose: by the small one of the two ways there are. */
function spreadOf(rows: readonly Float64Array[], columns: number): Spread {
  const through = (matrix: readonly Float64Array[], weights: ArrayLike<number>) => {
    const out = new Float64Array(columns);
    matrix.forEach((row, i) => void addScaled(out, weights[i], row));
    return out;
  };
  const byRows: Spread = (direction) =>
    through(
      rows,
      rows.map((row) => dot(row, direction)),
    );
  if (columns > rows.length) return byRows;
  const squares = Array.from({ length: columns }, (_, i) =>
    through(
      rows,
      rows.map((row) => row[i]),
    ),
  );
  return (direction) => through(squares, direction);
}

/** Power iteration for the direction of most variance at right angles to those before. */
function direction(spread: Spread, columns: number, before: readonly Float64Array[]): Float64Array {
  const key = { seed: 0, stream: 'principalComponents', index: before.length };
  let current: Float64Array = Float64Array.from(normal(key, columns));
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const next = spread(current);
    for (const other of before) addScaled(next, -dot(next, other), other);
    const length = Math.sqrt(dot(next, next));
    // No variance is left: any direction is as good as another, and all points are at 0.
    if (!(length > 0)) return new Float64Array(columns);
    const unit = next.map((value) => value / length);
    const turned = 1 - Math.abs(dot(unit, current) / Math.sqrt(dot(current, current)));
    current = unit;
    if (turned < CONVERGED) break;
  }
  // The sign is free; this choice keeps pictures of different epochs alike.
  const largest = current.reduce(
    (best, value, i) => (Math.abs(value) > Math.abs(current[best]) ? i : best),
    0,
  );
  return current[largest] < 0 ? current.map((value) => -value) : current;
}

/**
 * Points seen along the two directions in which they vary most.
 *
 * @param data [rows, columns] in row-major order, two columns or more
 * @see Jolliffe 2002, Principal Component Analysis, section 1.1
 * @example projectToPlane(codes.mean, codes.latent).shares // [0.41, 0.22]
 */
export function projectToPlane(data: ArrayLike<number>, columns: number): Projection {
  const rows = centred(data, columns);
  const spread = spreadOf(rows, columns);
  const first = direction(spread, columns, []);
  const second = direction(spread, columns, [first]);
  const points = new Float64Array(2 * rows.length);
  const along: [number, number] = [0, 0];
  rows.forEach((row, i) => {
    for (const [axis, unit] of [first, second].entries()) {
      points[2 * i + axis] = dot(row, unit);
      along[axis] += points[2 * i + axis] ** 2;
    }
  });
  const total = rows.reduce((sum, row) => sum + dot(row, row), 0) || 1;
  return { points, shares: [along[0] / total, along[1] / total] };
}
