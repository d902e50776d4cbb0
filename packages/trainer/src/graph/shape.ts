import { TrainerError } from '../errors.js';

/**
 * One extent: a number, or the batch size, which is only known when a graph runs. `'N'` is the batch itself,
 * `'3N'` three rows per sample.
 */
export type Dim = number | 'N' | `${number}N`;
export type Shape = readonly Dim[];

const isSymbolic = (dim: Dim): dim is Exclude<Dim, number> => typeof dim === 'string';

/** How many rows per sample a symbolic extent stands for: 1 for `'N'`, 3 for `'3N'`. */
const rowsPerSample = (dim: Exclude<Dim, number>): number => (dim === 'N' ? 1 : Number(dim.slice(0, -1)));

/** So many rows for each sample. */
export const rowsOf = (count: number): Dim => (count === 1 ? 'N' : `${count}N`);

/** The extent once the batch size is known. */
export const resolveDim = (dim: Dim, batch: number): number =>
  isSymbolic(dim) ? rowsPerSample(dim) * batch : dim;

export const resolveShape = (shape: Shape, batch: number): number[] =>
  shape.map((dim) => resolveDim(dim, batch));

/** True when no extent depends on the batch size. */
export const isStatic = (shape: Shape): shape is readonly number[] => !shape.some(isSymbolic);

/** Product of the extents as `count · Nᵖ`, which is what two shapes of one array must agree in. */
export function elementCount(shape: Shape): { count: number; power: number } {
  let count = 1;
  let power = 0;
  for (const dim of shape) {
    count *= isSymbolic(dim) ? rowsPerSample(dim) : dim;
    power += isSymbolic(dim) ? 1 : 0;
  }
  return { count, power };
}

/** How many numbers an array of that shape holds: the product of its extents, 1 for a scalar. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, extent) => size * extent, 1);

/** Number of elements for one sample: the product of all extents, a batch counting once. */
export const sampleSize = (shape: Shape): number => elementCount(shape).count;

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((dim, axis) => dim === b[axis]);

export const formatShape = (shape: Shape): string => `[${shape.join(', ')}]`;

/** A shape error; the message comes from the line that wrote the operator. */
export const shapeError = (where: string, text: string): TrainerError =>
  new TrainerError('bad-shape', `${where}: ${text}`);

/** The shape two arrays take together under NumPy's broadcasting rules. */
export function broadcastShapes(a: Shape, b: Shape, where: string): Shape {
  const rank = Math.max(a.length, b.length);
  const at = (shape: Shape, axis: number): Dim => shape[axis - rank + shape.length] ?? 1;
  return Array.from({ length: rank }, (_, axis) => {
    const [left, right] = [at(a, axis), at(b, axis)];
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    throw shapeError(where, `${formatShape(a)} and ${formatShape(b)} do not broadcast (axis ${axis}).`);
  });
}

/** Axes of `to` along which an array of shape `from` was repeated, and how many axes were put in front. */
export function broadcastAxes(from: Shape, to: Shape): { repeated: number[]; added: number } {
  const added = to.length - from.length;
  const repeated = [...to.keys()].filter(
    (axis) => axis < added || (from[axis - added] === 1 && to[axis] !== 1),
  );
  return { repeated, added };
}
