import { VaeError } from '../errors.js';
import { optionsOf } from '../options.js';
import { shown } from '../shown.js';
import type { Tensor } from '../tensor.js';
import { normalQuantile } from './normal-quantile.js';

export interface ManifoldOptions {
  /** Points from top to bottom; 20 when left out. */
  readonly rows?: number;
  /** Points from left to right; as many as rows when left out. */
  readonly columns?: number;
  /** Probability of the first quantile; 0.05 when left out. */
  readonly from?: number;
  /** Probability of the last quantile; 0.95 when left out. */
  readonly to?: number;
}

/**
 * A grid over a two-dimensional latent, evenly spaced in probability: z0 runs over the standard-normal quantiles
 * `from` to `to` from left to right, z1 over the same from bottom to top, as on a plot.
 *
 * @param prior mean and standard deviation per dimension, 0 and 1 when left out
 * @returns [rows * columns, 2], row by row from the top left, in the order in which `grid` lays out images
 * @throws VaeError "bad-option" for counts below 1 or probabilities outside (0, 1)
 * @see Kingma & Welling 2013, arXiv:1312.6114, figure 4
 * @example grid(await vae.decode(manifold({ rows: 15 })), { columns: 15, gap: 0 })
 */
export function manifold(
  options?: ManifoldOptions,
  prior?: { readonly mean?: ArrayLike<number>; readonly std?: ArrayLike<number> },
): Tensor {
  const {
    rows = 20,
    columns = rows,
    from = 0.05,
    to = 0.95,
  } = optionsOf(options, 'manifold', ['rows', 'columns', 'from', 'to']);
  const { mean, std } = optionsOf(prior, 'manifold prior');
  const place = (axis: number, position: number, count: number): number => {
    const t = count === 1 ? 0.5 : position / (count - 1);
    const p = from * (1 - t) + to * t;
    return (mean?.[axis] ?? 0) + (std?.[axis] ?? 1) * normalQuantile(p);
  };
  for (const [name, count] of Object.entries({ rows, columns })) {
    if (!Number.isInteger(count) || count < 1 || count > 4096) {
      throw new VaeError(
        'bad-option',
        `manifold: ${name} is ${shown(count)}, expected a whole number from 1 to 4096.`,
      );
    }
  }
  const data = new Float32Array(rows * columns * 2);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      data[2 * (row * columns + column)] = place(0, column, columns);
      data[2 * (row * columns + column) + 1] = place(1, rows - 1 - row, rows);
    }
  }
  return { data, shape: [rows * columns, 2] };
}
