import {
  broadcastShapes,
  type Dim,
  elementCount,
  formatShape,
  isStatic,
  rowsOf,
  type Shape,
  sameShape,
  shapeError,
} from '../graph/shape.js';
import { apply, defineOp, type Value } from '../graph/value.js';

/** The same numbers in another shape. */
export const Reshape = defineOp<'Reshape', { shape: Shape }>('Reshape', {
  shape: ([x], { shape }) => {
    const [from, to] = [elementCount(x), elementCount(shape)];
    if (from.count !== to.count || from.power !== to.power)
      throw shapeError(
        'Reshape',
        `${formatShape(x)} does not hold as many numbers as ${formatShape(shape)}.`,
      );
    return shape;
  },
  gradient: (g, { inputs: [x] }) => [reshape(g, x.shape)],
});

export const Transpose = defineOp<'Transpose', { perm: readonly number[] }>('Transpose', {
  shape: ([x], { perm }) => {
    if ([...perm].sort((a, b) => a - b).some((axis, i) => axis !== i) || perm.length !== x.length)
      throw shapeError('Transpose', `[${perm}] is not an order of the axes of ${formatShape(x)}.`);
    return perm.map((axis) => x[axis]);
  },
  gradient: (g, { attributes: { perm } }) => [
    transpose(
      g,
      perm.map((_, axis) => perm.indexOf(axis)),
    ),
  ],
});

/** Repeats along axes of extent 1 and along new axes in front. */
export const Expand = defineOp<'Expand', { shape: Shape }>('Expand', {
  shape: ([x], { shape }) => {
    if (!sameShape(broadcastShapes(x, shape, 'Expand'), shape))
      throw shapeError('Expand', `${formatShape(x)} does not broadcast to ${formatShape(shape)}.`);
    return shape;
  },
  // The backward walk sums it back to the input's shape.
  gradient: (g) => [g],
});

const checkAxis = (name: string, shape: Shape, axis: number): number => {
  const dim = shape[axis];
  if (typeof dim !== 'number')
    throw shapeError(name, `axis ${axis} of ${formatShape(shape)} is not one of known extent.`);
  return dim;
};

const replaceDim = (shape: Shape, axis: number, dim: Dim): Shape =>
  shape.map((old, i) => (i === axis ? dim : old));

/** Elements `start` to `end` (not included) of one axis. */
export const Slice = defineOp<'Slice', { axis: number; start: number; end: number }>('Slice', {
  shape: ([x], { axis, start, end }) => {
    const dim = checkAxis('Slice', x, axis);
    if (start < 0 || end > dim || start >= end)
      throw shapeError('Slice', `${start} to ${end} is not a part of axis ${axis} of ${formatShape(x)}.`);
    return replaceDim(x, axis, end - start);
  },
  gradient: (g, { inputs: [x], attributes: { axis, start, end } }) => [
    pad(g, { axis, before: start, after: (x.shape[axis] as number) - end }),
  ],
});

/** Zeros before and after one axis. */
export const Pad = defineOp<'Pad', { axis: number; before: number; after: number }>('Pad', {
  shape: ([x], { axis, before, after }) => replaceDim(x, axis, checkAxis('Pad', x, axis) + before + after),
  gradient: (g, { inputs: [x], attributes: { axis, before } }) => [
    slice(g, { axis, start: before, end: before + (x.shape[axis] as number) }),
  ],
});

export const Concat = defineOp<'Concat', { axis: number }>('Concat', {
  shape: (inputs, { axis }) => {
    const total = inputs.reduce((sum, shape) => sum + checkAxis('Concat', shape, axis), 0);
    const result = replaceDim(inputs[0], axis, total);
    for (const shape of inputs)
      if (!sameShape(replaceDim(shape, axis, total), result))
        throw shapeError('Concat', `${inputs.map(formatShape).join(', ')} differ beside axis ${axis}.`);
    return result;
  },
  gradient: (g, { inputs, attributes: { axis } }) => {
    let start = 0;
    return inputs.map((input) => {
      const end = start + (input.shape[axis] as number);
      const part = slice(g, { axis, start, end });
      start = end;
      return part;
    });
  },
});

export const reshape = (x: Value, shape: Shape): Value => {
  if (sameShape(x.shape, shape)) return x;
  const reshaped = apply(Reshape, [x], { shape });
  return x.kind === 'constant' && isStatic(shape) ? { ...x, shape } : reshaped;
};
export const transpose = (x: Value, perm: readonly number[]): Value => apply(Transpose, [x], { perm });
export const expand = (x: Value, shape: Shape): Value =>
  sameShape(x.shape, shape) ? x : apply(Expand, [x], { shape });
export const slice = (x: Value, part: { axis: number; start: number; end: number }): Value =>
  part.start === 0 && part.end === x.shape[part.axis] ? x : apply(Slice, [x], part);
export const pad = (x: Value, zeros: { axis: number; before: number; after: number }): Value =>
  zeros.before === 0 && zeros.after === 0 ? x : apply(Pad, [x], zeros);
export const concat = (inputs: readonly Value[], axis: number): Value => apply(Concat, inputs, { axis });
/** Each sample `count` times, one behind another. [N, …] → [countN, …] */
export const repeatRows = (x: Value, count: number): Value => {
  const sample = x.shape.slice(1);
  const repeated = expand(reshape(x, ['N', 1, ...sample]), ['N', count, ...sample]);
  return count === 1 ? x : reshape(repeated, [rowsOf(count), ...sample]);
};
/** All axes but the first in one. [N, C, H, W] → [N, C·H·W] */
export const flatten = (x: Value): Value => reshape(x, [x.shape[0], elementCount(x.shape.slice(1)).count]);
