import { formatShape, shapeError } from '../graph/shape.js';
import { apply, defineOp, type Value } from '../graph/value.js';
import { mapUnderFactor } from './elementwise.js';
import { expand, reshape } from './shape.js';

/** Sum over some axes; with `keepDims` they stay, with extent 1. */
export const ReduceSum = defineOp<'ReduceSum', { axes: readonly number[]; keepDims: boolean }>('ReduceSum', {
  shape: ([x], { axes, keepDims }) => {
    const bad = axes.find((axis) => axis < 0 || axis >= x.length);
    if (bad !== undefined) throw shapeError('ReduceSum', `${formatShape(x)} has no axis ${bad}.`);
    return keepDims
      ? x.map((dim, axis) => (axes.includes(axis) ? 1 : dim))
      : x.filter((_, axis) => !axes.includes(axis));
  },
  gradient: (g, { inputs: [x], attributes: { axes } }) => {
    const kept = x.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
    return [
      expand(
        mapUnderFactor(g, (rest) => reshape(rest, kept)),
        x.shape,
      ),
    ];
  },
});

export const reduceSum = (x: Value, axes: readonly number[], keepDims = false): Value =>
  axes.length === 0 ? x : mapUnderFactor(x, (rest) => apply(ReduceSum, [rest], { axes, keepDims }));

/** Sum over everything but the batch. [N, …] → [N] */
export const sumPerSample = (x: Value): Value => reduceSum(x, [...x.shape.keys()].slice(1));
/** Sum over everything. […] → [] */
export const sumAll = (x: Value): Value => reduceSum(x, [...x.shape.keys()]);
