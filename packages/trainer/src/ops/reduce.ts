import { formatShape, shapeError, sizeOf } from '../graph/shape.js';
import { apply, defineOp, type Value } from '../graph/value.js';
import { exp, mapUnderFactor, mul, sub } from './elementwise.js';
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

/**
 * log Σ eˣ along one axis, which goes. Whatever size x has, no exponential overflows: the largest is taken off before.
 * d/dx = e^(x − y), the share of each in the sum.
 */
export const LogSumExp = defineOp<'LogSumExp', { axis: number }>('LogSumExp', {
  shape: ([x], { axis }) => {
    if (axis < 0 || axis >= x.length) throw shapeError('LogSumExp', `${formatShape(x)} has no axis ${axis}.`);
    return x.filter((_, i) => i !== axis);
  },
  gradient: (g, y) => {
    const [x] = y.inputs;
    const kept = x.shape.map((dim, i) => (i === y.attributes.axis ? 1 : dim));
    return [mul(reshape(g, kept), exp(sub(x, reshape(y, kept))))];
  },
});

/** What is only repeated along axes that are summed, and how often; the value itself, once, where that is not all. */
function unrepeated(x: Value, axes: readonly number[]): readonly [Value, number] {
  if (x.kind !== 'node' || x.op.name !== 'Expand') return [x, 1];
  const [source] = x.inputs;
  if (source.shape.length !== x.shape.length) return [x, 1];
  const repeated = x.shape.map((dim, axis) => (dim === source.shape[axis] ? 1 : dim));
  const isCounted = repeated.every(
    (dim, axis) => dim === 1 || (typeof dim === 'number' && axes.includes(axis)),
  );
  return isCounted ? [source, sizeOf(repeated as number[])] : [x, 1];
}

/** Equal summands are counted: added one by one they are all rounded the same way, and lose digits. */
export function reduceSum(x: Value, axes: readonly number[], keepDims = false): Value {
  if (axes.length === 0) return x;
  const [once, count] = unrepeated(x, axes);
  const sum = mapUnderFactor(once, (rest) => apply(ReduceSum, [rest], { axes, keepDims }));
  return count === 1 ? sum : mul(count, sum);
}

/** log Σ eˣ along one axis. […, K, …] → […, …] */
export const logSumExp = (x: Value, axis: number): Value => apply(LogSumExp, [x], { axis });
/** Sum over everything but the batch. [N, …] → [N] */
export const sumPerSample = (x: Value): Value => reduceSum(x, [...x.shape.keys()].slice(1));
/** Sum over everything. […] → [] */
export const sumAll = (x: Value): Value => reduceSum(x, [...x.shape.keys()]);
