import { sameShape, sizeOf } from '../../graph/shape.js';
import type { Node, Value } from '../../graph/value.js';
import type { OpName } from '../../ops/index.js';
import type { Emitter } from '../lower.js';
import { broadcast } from './broadcast.js';
import { type Holding, type Order, type Spare, sameList, samplesLast, usualOrder } from './layout.js';
import type { CpuRow, Lowering } from './lowering.js';
import { isInSum } from './softplus-sums.js';

type Write = (emit: Emitter, names: readonly string[], node: Node) => string;

/** Functions that are 0 where their input is. */
const keepsZeros = new Set<string>(['Neg', 'Tanh', 'Erf', 'Step', 'Relu', 'Abs', 'LeakyRelu', 'Elu']);
/** May make infinity or NaN of a spare pixel that holds anything, which times 0 is not 0. */
const needsOrdinary = new Set<string>(['Exp', 'Log', 'Sqrt', 'Div']);

function spareAfter({ op }: Node, operands: readonly Holding[]): Spare {
  const zeros = operands.map(({ spare }) => spare === 'zeros');
  if (op.name === 'Mul') return zeros.includes(true) ? 'zeros' : 'anything';
  const kept = keepsZeros.has(op.name) || op.name === 'Add' || op.name === 'Sub';
  return kept && !zeros.includes(false) ? 'zeros' : 'anything';
}

/** True where the value has a number of its own for every element of the result. */
const isWritten = ({ holdings }: Lowering, value: Value): boolean => {
  const [{ extents, spare }] = holdings.of(value);
  return spare !== 'none' || sizeOf(extents) === sizeOf(holdings.resolve(value.shape));
};

/** An operand beside maps with a spare pixel: [C, 1, N], where it says nothing of single pixels. */
function alignedToSpare(lowering: Lowering, value: Value, full: boolean): Holding | undefined {
  const { holdings } = lowering;
  if (full && isWritten(lowering, value)) return holdings.withSpare(value);
  const aligned = holdings.aligned(value, samplesLast(4));
  const [channels, height, width, samples] = aligned.extents;
  if (height !== 1 || width !== 1) return undefined;
  return { ...aligned, extents: [channels, 1, samples] };
}

/** The operands with their spare pixel, where all that are written out have one. */
function spareOperands(lowering: Lowering, node: Node): Holding[] | undefined {
  const carried = node.inputs.some((value) => lowering.holdings.carriesSpare(value));
  if (!carried || node.shape.length !== 4 || needsOrdinary.has(node.op.name)) return undefined;
  const operands: Holding[] = [];
  for (const value of node.inputs) {
    const operand = alignedToSpare(lowering, value, sameShape(value.shape, node.shape));
    if (!operand) return undefined;
    operands.push(operand);
  }
  return operands;
}

/** The order that costs no transposition: for samples always the usual one, so that conversions are shared. */
function orderOf({ holdings }: Lowering, node: Node): Order {
  const usual = usualOrder(node.shape);
  if (typeof node.shape[0] === 'string') return usual;
  const full = node.inputs.filter((value) => sameShape(value.shape, node.shape));
  const orders = full.map((value) => holdings.of(value)[0].order);
  return orders.length > 0 && orders.every((order) => sameList(order, orders[0])) ? orders[0] : usual;
}

function writeElementwise(lowering: Lowering, node: Node, write: Write): Holding {
  const spared = spareOperands(lowering, node);
  const order = spared ? samplesLast(4) : orderOf(lowering, node);
  const operands = spared ?? node.inputs.map((value) => lowering.holdings.aligned(value, order));
  const { names, extents, dims } = broadcast(lowering.holdings, operands);
  const name = write(lowering.emit, names, node);
  return { name, dims, order, extents, spare: spared ? spareAfter(node, operands) : 'none' };
}

const elementwise =
  (write: Write): CpuRow =>
  (lowering, node) =>
    writeElementwise(lowering, node as Node, write);

const same = elementwise((emit, names, { op }) => emit.node(op.name, names));

const withAlpha = elementwise((emit, names, { op, attributes }) =>
  emit.node(op.name, names, { alpha: { float: attributes.alpha as number } }),
);

/**
 * log(1 + eˣ) = max(x, 0) + log(1 + u), u = e^−|x|, in operators that the runtime computes several numbers at a time:
 * its own Softplus takes three times as long. With w the rounded 1 + u, log w + (u − (w − 1)) gives back the digits of
 * a small u that the sum lost (u / w would be exact; at w near 1, where it matters, that is u).
 */
const wholeSoftplus = elementwise((emit, [x]) => {
  const one = emit.float(1);
  const u = emit.node('Exp', [emit.node('Neg', [emit.node('Abs', [x])])]);
  const w = emit.node('Add', [u, one]);
  const lost = emit.node('Sub', [u, emit.node('Sub', [w, one])]);
  const log = emit.node('Add', [emit.node('Log', [w]), lost]);
  return emit.node('Add', [emit.node('Relu', [x]), log]);
});

const relu = elementwise((emit, names) => emit.node('Relu', names));

/** What of a softplus the sum that reads it does not make up for itself. */
const softplus: CpuRow = (lowering, node) => (isInSum(lowering, node) ? relu : wholeSoftplus)(lowering, node);

/** The derivative of a leaky ReLU, at least its slope: Clip takes half the time of Max, and loses NaN, which no step is. */
const max = elementwise((emit, names, node) => {
  const [step, least] = node.inputs;
  const isClipped =
    step.kind === 'node' && step.op.name === 'Step' && least.kind === 'constant' && least.data.length === 1;
  return isClipped ? emit.node('Clip', [names[0], emit.float(least.data[0])]) : emit.node('Max', names);
});

export const elementwiseRows = {
  Sub: same,
  Neg: same,
  Mul: same,
  Div: same,
  Exp: same,
  Log: same,
  Sqrt: same,
  Tanh: same,
  Sigmoid: elementwise((emit, names) => emit.once('Sigmoid', names)),
  Softplus: softplus,
  Erf: same,
  Relu: same,
  Abs: same,
  Max: max,
  Min: same,
  LeakyRelu: withAlpha,
  Elu: withAlpha,
  // A ramp of slope 3e38, clipped to 0..1: 0 at 0, and a fraction of the time of a comparison.
  Step: elementwise((emit, names) =>
    emit.node('HardSigmoid', names, { alpha: { float: 3e38 }, beta: { float: 0 } }),
  ),
} satisfies Partial<Record<OpName, CpuRow>>;

export const addRow: CpuRow = same;
