import { formatShape, shapeError, sizeOf } from '../graph/shape.js';
import { apply, defineOp, type Value } from '../graph/value.js';
import { mapUnderFactor, mul } from './elementwise.js';
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

/** Sum over everything but the batch. [N, …] → [N] */
export const sumPerSample = (x: Value): Value => reduceSum(x, [...x.shape.keys()].slice(1));
/** Sum over everything. […] → [] */
export const sumAll = (x: Value): Value => reduceSum(x, [...x.shape.keys()]);
