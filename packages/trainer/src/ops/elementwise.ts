import { broadcastShapes, sameShape } from '../graph/shape.js';
import {
  apply,
  asValue,
  constant,
  defineOp,
  type GradientRule,
  none,
  type Operand,
  type Value,
} from '../graph/value.js';
import { expand } from './shape.js';

type Plain = Record<never, never>;
const plain: Plain = {};

const unaryOp = <Name extends string>(name: Name, gradient: GradientRule<Plain> | typeof none) =>
  defineOp(name, { shape: ([x]) => x, gradient });

const binaryOp = <Name extends string>(name: Name, gradient: GradientRule<Plain>) =>
  defineOp(name, { shape: ([a, b]) => broadcastShapes(a, b, name), gradient });

type Unary = (x: Value) => Value;
type Binary = (a: Operand, b: Operand) => Value;

/**
 * Broadcasting makes an Expand under a binary operator superfluous where the other operand has the full shape:
 * take what was expanded, and save writing it out.
 */
function unexpanded(value: Value, other: Value): Value {
  if (value.kind !== 'node' || value.op.name !== 'Expand') return value;
  const [source] = value.inputs;
  const together = broadcastShapes(source.shape, other.shape, 'Expand');
  return sameShape(together, value.shape) ? source : value;
}

const unary =
  (op: ReturnType<typeof unaryOp>): Unary =>
  (x) =>
    apply(op, [x], plain);

const binary =
  (op: ReturnType<typeof binaryOp>): Binary =>
  (left, right) => {
    const [a, b] = [asValue(left), asValue(right)];
    // Before the expansions go, so that an error names this operator and the shapes as they were written.
    broadcastShapes(a.shape, b.shape, op.name);
    const first = unexpanded(a, b);
    return apply(op, [first, unexpanded(b, first)], plain);
  };

// --- linear ---------------------------------------------------------------------------------------------------

export const Add = binaryOp('Add', (g) => [g, g]);
export const Sub = binaryOp('Sub', (g) => [g, neg(g)]);
export const Neg = unaryOp('Neg', (g) => [neg(g)]);

// --- products -------------------------------------------------------------------------------------------------

export const Mul = binaryOp('Mul', (g, { inputs: [a, b] }) => [mul(g, b), mul(g, a)]);
/** d(a/b) = da/b − a/b² · db */
export const Div = binaryOp('Div', (g, node) => {
  const byA = div(g, node.inputs[1]);
  return [byA, neg(mul(byA, node))];
});

// --- smooth functions: derivatives are written from the output where it gives them, so that the input has one
// --- reader and runtimes keep the function fused to what is before it -------------------------------------------

export const Exp = unaryOp('Exp', (g, y) => [mul(g, y)]);
export const Log = unaryOp('Log', (g, { inputs: [x] }) => [div(g, x)]);
/** d√x = 1 / (2√x) */
export const Sqrt = unaryOp('Sqrt', (g, y) => [div(mul(g, 0.5), y)]);
/** d tanh x = 1 − tanh² x */
export const Tanh = unaryOp('Tanh', (g, y) => [mul(g, sub(1, mul(y, y)))]);
/** d σ(x) = σ(x) (1 − σ(x)) */
export const Sigmoid = unaryOp('Sigmoid', (g, y) => [mul(g, mul(y, sub(1, y)))]);
/** log(1 + eˣ); its derivative is σ(x) */
export const Softplus = unaryOp('Softplus', (g, { inputs: [x] }) => [mul(g, sigmoid(x))]);
/** d erf x = 2/√π · exp(−x²) */
export const Erf = unaryOp('Erf', (g, { inputs: [x] }) => [
  mul(g, mul(2 / Math.sqrt(Math.PI), exp(neg(mul(x, x))))),
]);

// --- with a kink ----------------------------------------------------------------------------------------------

/** 1 where x > 0, else 0: the derivative of everything below. */
export const Step = unaryOp('Step', none);
export const Relu = unaryOp('Relu', (g, y) => [mul(g, step(y))]);
/** d|x| = sign x, written by steps because sign is missing on WebGPU */
export const Abs = unaryOp('Abs', (g, { inputs: [x] }) => [mul(g, sub(step(x), step(neg(x))))]);
/** The larger operand takes the gradient; at a tie b does, so that max(x, x) has that of x. */
export const Max = binaryOp('Max', (g, { inputs: [a, b] }) => {
  const first = step(sub(a, b));
  return [mul(g, first), mul(g, sub(1, first))];
});
export const Min = binaryOp('Min', (g, { inputs: [a, b] }) => {
  const first = step(sub(b, a));
  return [mul(g, first), mul(g, sub(1, first))];
});

/** alpha · x below zero; the output's sign is the input's when alpha > 0 */
export const LeakyRelu = defineOp<'LeakyRelu', { alpha: number }>('LeakyRelu', {
  shape: ([x]) => x,
  gradient: (g, y) => {
    const { alpha } = y.attributes;
    // 1 above zero and alpha below, in as few passes as there are.
    return [mul(g, alpha <= 1 ? max(step(y), alpha) : add(alpha, mul(1 - alpha, step(y))))];
  },
});

/** alpha (eˣ − 1) below zero, whose derivative is y + alpha */
export const Elu = defineOp<'Elu', { alpha: number }>('Elu', {
  shape: ([x]) => x,
  gradient: (g, y) => {
    const positive = step(y);
    return [mul(g, add(positive, mul(sub(1, positive), add(y, y.attributes.alpha))))];
  },
});

// --- a choice -------------------------------------------------------------------------------------------------

/**
 * The second operand where the first is a finite number, else the third, with NumPy's broadcasting. It is no product
 * with a mask of zeros and ones, because infinity times 0 is not a number.
 */
export const IfFinite = defineOp<'IfFinite', Plain>('IfFinite', {
  shape: ([test, a, b]) => broadcastShapes(broadcastShapes(test, a, 'IfFinite'), b, 'IfFinite'),
  gradient: (g, { inputs: [test] }) => [null, ifFinite(test, g, 0), ifFinite(test, 0, g)],
});

const [sum, product, negated] = [binary(Add), binary(Mul), unary(Neg)];

/** A value as a number times a value of the same shape: −x is −1 · x. */
export function factorAndRest(x: Value): [factor: number, rest: Value] {
  if (x.kind !== 'node') return [1, x];
  const [a, b] = x.inputs;
  if (x.op.name === 'Neg') return [-1, a];
  if (x.op.name === 'Mul' && b.kind === 'constant' && b.data.length === 1 && sameShape(a.shape, x.shape))
    return [b.data[0], a];
  return [1, x];
}

/**
 * factor · x, with all numbers that x is multiplied by as one, before x was repeated: a factor of whole arrays becomes
 * one of what they were made of.
 */
function scaled(factor: number, x: Value): Value {
  const [own, rest] = factorAndRest(x);
  const total = factor * own;
  if (total === 1) return rest;
  if (rest.kind === 'node' && rest.op.name === 'Expand')
    return expand(scaled(total, rest.inputs[0]), rest.shape);
  if (rest.kind === 'node' && rest.op.name === 'Mul') {
    const [a, b] = rest.inputs;
    if (!sameShape(a.shape, rest.shape)) return product(scaled(total, a), b);
    if (!sameShape(b.shape, rest.shape)) return product(a, scaled(total, b));
  }
  return total === -1 ? negated(rest) : product(rest, constant(total));
}

/**
 * A linear map of x, with a number that x is multiplied by after it where there is one: Σ (½ · x) is ½ · Σ x, and the
 * product is one of fewer elements.
 */
export function mapUnderFactor(x: Value, map: (x: Value) => Value): Value {
  if (x.kind === 'node' && x.op.name === 'Mul') {
    const [[p, a], [q, b]] = [factorAndRest(x.inputs[0]), factorAndRest(x.inputs[1])];
    if (p !== 1 || q !== 1) return scaled(p * q, map(product(a, b)));
  }
  const [factor, rest] = factorAndRest(x);
  return scaled(factor, map(rest));
}

/** The number that one operand is, if it has no more axes than the other: multiplying by it keeps the other's shape. */
const numberBeside = (value: Value, other: Value): number | undefined =>
  value.kind === 'constant' && value.data.length === 1 && value.shape.length <= other.shape.length
    ? value.data[0]
    : undefined;

/** Elementwise, with NumPy's broadcasting; numbers stand for scalars. */
export const add: Binary = (left, right) => {
  const [a, b] = [asValue(left), asValue(right)];
  broadcastShapes(a.shape, b.shape, Add.name);
  if (b.kind === 'node' && b.op === Neg) return sub(a, b.inputs[0]);
  return a.kind === 'node' && a.op === Neg ? sub(b, a.inputs[0]) : sum(a, b);
};
export const sub: Binary = binary(Sub);
export const mul: Binary = (left, right) => {
  const [a, b] = [asValue(left), asValue(right)];
  const [p, q] = [numberBeside(unexpanded(a, b), b), numberBeside(unexpanded(b, a), a)];
  if (p !== undefined) return scaled(p, b);
  return q === undefined ? product(a, b) : scaled(q, a);
};
export const div: Binary = binary(Div);
export const max: Binary = binary(Max);
export const min: Binary = binary(Min);
export const neg: Unary = (x) => scaled(-1, x);
export const exp: Unary = unary(Exp);
export const log: Unary = unary(Log);
export const sqrt: Unary = unary(Sqrt);
export const tanh: Unary = unary(Tanh);
export const sigmoid: Unary = unary(Sigmoid);
export const softplus: Unary = unary(Softplus);
export const erf: Unary = unary(Erf);
export const step: Unary = unary(Step);
export const relu: Unary = unary(Relu);
export const abs: Unary = unary(Abs);
export const leakyRelu = (x: Value, alpha: number): Value => apply(LeakyRelu, [x], { alpha });
export const elu = (x: Value, alpha: number): Value => apply(Elu, [x], { alpha });
export const ifFinite = (test: Value, a: Operand, b: Operand): Value =>
  apply(IfFinite, [test, asValue(a), asValue(b)], plain);
export const square = (x: Value): Value => mul(x, x);
