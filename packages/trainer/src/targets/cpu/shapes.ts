import type { Node, Value } from '../../graph/value.js';
import { type Holding, hasSamples, type Order, plainOrder, samplesLast, usualOrder } from './layout.js';
import type { CpuRow, Lowering } from './lowering.js';
import { withLogs } from './softplus-sums.js';

/** Between samples of other extents the numbers stay where they are; anything else is defined on rows. */
const reshape: CpuRow<'Reshape'> = ({ holdings }, { inputs: [x], shape }) => {
  const stays = hasSamples(x.shape) && hasSamples(shape) && x.shape[0] === shape[0];
  const orderFor = stays ? samplesLast : plainOrder;
  const { name, dims } = holdings.whole(x, orderFor(x.shape.length));
  const order = orderFor(shape.length);
  const extents = holdings.resolve(order.map((axis) => shape[axis]));
  return { name, dims, order, extents, spare: 'none' };
};

/** Writes nothing: the same file tensor, with its axes called by other numbers. */
const transpose: CpuRow<'Transpose'> = ({ holdings }, { inputs: [x], attributes: { perm } }) => {
  const known = holdings.of(x).find(({ spare }) => spare === 'none') ?? holdings.usual(x);
  return { ...known, order: known.order.map((axis) => perm.indexOf(axis)) };
};

/** Writes nothing: rows that broadcast take the value as it is, others have it written out when they ask. */
const expand: CpuRow<'Expand'> = ({ holdings }, { inputs: [x], shape }) =>
  holdings.aligned(x, usualOrder(shape));

/** One operator along one axis, wherever the file has that axis. */
function alongAxis(
  { holdings }: Lowering,
  inputs: readonly Value[],
  shape: Value['shape'],
  write: (names: readonly string[], order: Order) => string,
): Holding {
  const order = usualOrder(shape);
  const names = inputs.map((value) => holdings.viewed(value, order));
  const extents = holdings.resolve(order.map((axis) => shape[axis]));
  return { name: write(names, order), dims: extents, order, extents, spare: 'none' };
}

const slice: CpuRow<'Slice'> = (lowering, { inputs, shape, attributes: { axis, start, end } }) => {
  const { emit } = lowering;
  return alongAxis(lowering, inputs, shape, ([x], order) =>
    emit.node('Slice', [x, emit.ints([start]), emit.ints([end]), emit.ints([order.indexOf(axis)])]),
  );
};

const pad: CpuRow<'Pad'> = (lowering, { inputs, shape, attributes: { axis, before, after } }) => {
  const { emit } = lowering;
  const counts = (order: Order, count: number) => order.map((own) => (own === axis ? count : 0));
  return alongAxis(lowering, inputs, shape, ([x], order) =>
    emit.node('Pad', [x, emit.ints([...counts(order, before), ...counts(order, after)])]),
  );
};

const concat: CpuRow<'Concat'> = (lowering, { inputs, shape, attributes: { axis } }) =>
  alongAxis(lowering, inputs, shape, (names, order) =>
    lowering.emit.node('Concat', names, { axis: order.indexOf(axis) }),
  );

/** Neighbouring axes with one fate in one, so that the runtime sees at most a few. */
function merged(extents: readonly number[], summed: readonly boolean[]) {
  const dims: number[] = [];
  const fates: boolean[] = [];
  extents.forEach((extent, i) => {
    if (extent === 1) return;
    if (fates.at(-1) === summed[i]) dims[dims.length - 1] *= extent;
    else {
      dims.push(extent);
      fates.push(summed[i]);
    }
  });
  return { dims, fates };
}

/** Maps whose spare pixel is 0 are summed with it. */
function reduced({ holdings }: Lowering, x: Value, axes: readonly number[]): Holding {
  const [first] = holdings.of(x);
  if (first.spare === 'zeros' && axes.includes(2) && axes.includes(3)) return first;
  const usual = usualOrder(x.shape);
  return holdings.whole(x, first.spare === 'none' && !hasSamples(x.shape) ? first.order : usual);
}

/** Fewer rows than that lose no digit that counts. */
const LEAST_ROWS_FOR_PARTS = 2048;
const MOST_PARTS = 64;

/**
 * How many parts the rows of a matrix are added in: ONNX Runtime adds row after row to one sum, which of many rows keeps
 * fewer digits, and takes twice as long as in parts.
 */
function partsOf(rows: number): number {
  if (rows < LEAST_ROWS_FOR_PARTS) return 1;
  return (
    Array.from({ length: MOST_PARTS - 1 }, (_, i) => MOST_PARTS - i).find((parts) => rows % parts === 0) ?? 1
  );
}

/** A matrix, or one column, with the sum of each part of its rows in place of them, where they are many. */
function inParts({ holdings, emit }: Lowering, from: Holding, [rows, ...columns]: readonly number[]): string {
  const parts = partsOf(rows);
  if (parts === 1) return holdings.view(from, [rows, ...columns]);
  const source = holdings.view(from, [parts, rows / parts, ...columns]);
  return emit.node('ReduceSum', [source, emit.ints([1])], { keepdims: 0 });
}

const reduceSum: CpuRow<'ReduceSum'> = (lowering, node) => {
  const {
    inputs: [x],
    shape,
    attributes: { axes, keepDims },
  } = node;
  const { holdings, emit } = lowering;
  const from = reduced(lowering, x, axes);
  const fileAxes = from.spare === 'none' ? from.order : [1, 2, 0];
  const { dims, fates } = merged(
    from.extents,
    fileAxes.map((axis) => axes.includes(axis)),
  );
  const positions = fates.flatMap((summed, i) => (summed ? [i] : []));
  const isOfRows = fates[0] && fates.length <= 2;
  const source = isOfRows ? inParts(lowering, from, dims) : holdings.view(from, dims);
  // One number for each row of a matrix stays a column, as biases are and as what is done with rows takes it.
  const isColumn = fates.length === 2 && fates[1] && !fates[0];
  const sum =
    positions.length === 0
      ? source
      : emit.node('ReduceSum', [source, emit.ints(positions)], { keepdims: isColumn ? 1 : 0 });
  const name = withLogs(lowering, node as unknown as Node, sum);
  const left = from.order.filter((axis) => !axes.includes(axis));
  const order = keepDims ? from.order : left.map((axis) => left.filter((other) => other < axis).length);
  const extents = holdings.resolve(order.map((axis) => shape[axis]));
  const rest = dims.filter((_, i) => !fates[i]);
  return { name, dims: isColumn ? [...rest, 1] : rest, order, extents, spare: 'none' };
};

export const shapeRows = {
  Reshape: reshape,
  Transpose: transpose,
  Expand: expand,
  Slice: slice,
  Pad: pad,
  Concat: concat,
  ReduceSum: reduceSum,
};
