import { VaeError } from '../errors.js';
import { optionsOf } from '../options.js';
import { rows as rowsOf, type Tensor, zeros } from '../tensor.js';
import { assertMethod, assertSteps, type InterpolateOptions, interpolate } from './interpolate.js';
import { type Points, pointsOf } from './points.js';

export interface InterpolateGridOptions extends Pick<InterpolateOptions, 'method'> {
  /** Points from top to bottom, both edges included; whole number >= 2, 8 when left out. */
  readonly rows?: number;
  /** Points from left to right, both edges included; as many as rows when left out. */
  readonly columns?: number;
}

/**
 * A grid between four latents: first down the left and the right edge, then from left to right in each row. 'linear'
 * is bilinear interpolation; 'slerp' goes along great circles both times. The corners are there exactly.
 *
 * @param corners top left, top right, bottom left, bottom right; of one shape
 * @returns [rows * columns, ...latent], row by row from the top left, in the order in which `grid` lays out images
 * @throws VaeError "bad-input" for other than four latents or shapes that differ, "bad-option" for rows, columns, method
 * @example interpolateGrid([[0], [2], [4], [6]], { rows: 3 }).data // [0, 1, 2, 2, 3, 4, 4, 5, 6]
 */
export function interpolateGrid(corners: Points, options?: InterpolateGridOptions): Tensor {
  const where = 'interpolateGrid';
  const {
    rows = 8,
    columns = rows,
    method = 'linear',
  } = optionsOf(options, where, ['rows', 'columns', 'method']);
  assertSteps(rows, where, 'rows');
  assertSteps(columns, where, 'columns');
  assertMethod(method, where);
  const points = pointsOf(corners, where);
  if (points.length !== 4) {
    throw new VaeError(
      'bad-input',
      `${where}: ${points.length} latents, expected the top left, top right, bottom left and bottom right one.`,
    );
  }
  const [topLeft, topRight, bottomLeft, bottomRight] = points as [Tensor, Tensor, Tensor, Tensor];
  const { shape, data: corner } = topLeft;
  const data = zeros([rows * columns, ...shape], where, 'bad-option');
  const left = interpolate(topLeft, bottomLeft, { steps: rows, method });
  const right = interpolate(topRight, bottomRight, { steps: rows, method });
  for (let row = 0; row < rows; row++) {
    const [from, to] = [rowsOf(left, row, row + 1), rowsOf(right, row, row + 1)];
    data.set(interpolate(from, to, { steps: columns, method }).data, row * columns * corner.length);
  }
  return { data, shape: [rows * columns, ...shape] };
}
