import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import type { Op } from '../../graph/value.js';
import type { OpName, ops } from '../../ops/index.js';
import { conv, convTranspose, convWeightGrad } from './conv.js';
import type { Tf } from './tf.js';

type AttributesOf<Name extends OpName> = (typeof ops)[Name] extends Op<string, infer A> ? A : never;

/** Computes one operator with TensorFlow.js; `shape` is the result's, in numbers. */
export type Kernel<Name extends OpName = OpName> = (
  tf: Tf,
  inputs: readonly Tensor[],
  attributes: AttributesOf<Name>,
  shape: number[],
) => Tensor;

type Unary = 'neg' | 'exp' | 'log' | 'sqrt' | 'tanh' | 'sigmoid' | 'softplus' | 'erf' | 'step';
const unary =
  (name: Unary): Kernel =>
  (tf, [x]) =>
    tf[name](x);

const binary =
  (name: 'add' | 'sub' | 'mul' | 'div'): Kernel =>
  (tf, [a, b]) =>
    tf[name](a, b);

/** Repeated to a shape. The gradient of tf.broadcastTo is a loop over the repetitions, that of a sum one reduction. */
const expanded = (tf: Tf, x: Tensor, shape: number[]): Tensor => tf.add(x, tf.zeros(shape));

/**
 * The larger or smaller of two. TensorFlow.js gives a tie to the first operand, our rules to the second; and its
 * gradient does not undo broadcasting.
 */
const extreme =
  (name: 'maximum' | 'minimum'): Kernel =>
  (tf, operands, _, shape) => {
    const [a, b] = operands.map((x) => (String(x.shape) === String(shape) ? x : expanded(tf, x, shape)));
    return tf[name](b, a);
  };

/**
 * max(0, x). The gradient of tf.relu is made of nine kernels, that of tf.maximum of three, and it takes the first
 * operand at a tie: the slope at 0 is 0.
 */
const relu = (tf: Tf, x: Tensor): Tensor => tf.maximum(0, x);

/** relu(x) + alpha · (e^min(x, 0) − 1): tf.elu knows no alpha but 1. */
const elu: Kernel<'Elu'> = (tf, [x], { alpha }) =>
  alpha === 1 ? tf.elu(x) : tf.add(relu(tf, x), tf.mul(alpha, tf.expm1(tf.minimum(x, 0))));

/** TensorFlow.js has no gradient for a test, not even 0. */
const ifFinite: Kernel<'IfFinite'> = (tf, [test, a, b]) => {
  const tested = tf.customGrad((x) => ({
    value: tf.isFinite(x as Tensor),
    // What was tested may be gone by then, its shape is not.
    gradFunc: () => tf.zeros(test.shape),
  }));
  return tf.where(tested(test), a, b);
};

const pad: Kernel<'Pad'> = (tf, [x], { axis, before, after }) =>
  tf.pad(
    x,
    x.shape.map((_, i): [number, number] => (i === axis ? [before, after] : [0, 0])),
  );

const slice: Kernel<'Slice'> = (tf, [x], { axis, start }, shape) =>
  tf.slice(
    x,
    x.shape.map((_, i) => (i === axis ? start : 0)),
    shape,
  );

/** The two operands of a convolution. */
const pair = ([a, b]: readonly Tensor[]) => [a, b] as [Tensor4D, Tensor4D];

/** Every operator, on operands in the order that `layOut` says. Where a gradient has a choice (a kink, a tie) the form is the one that chooses as `ops` does. */
export const kernels: { readonly [Name in OpName]: Kernel<Name> } = {
  Add: binary('add'),
  Sub: binary('sub'),
  Mul: binary('mul'),
  Div: binary('div'),
  Max: extreme('maximum'),
  Min: extreme('minimum'),
  Neg: unary('neg'),
  Exp: unary('exp'),
  Log: unary('log'),
  Sqrt: unary('sqrt'),
  Tanh: unary('tanh'),
  Sigmoid: unary('sigmoid'),
  Softplus: unary('softplus'),
  Erf: unary('erf'),
  Step: unary('step'),
  Relu: (tf, [x]) => relu(tf, x),
  // tf.abs has the slope −1 at 0.
  Abs: (tf, [x]) => tf.add(relu(tf, x), relu(tf, tf.neg(x))),
  LeakyRelu: (tf, [x], { alpha }) => tf.leakyRelu(x, alpha),
  Elu: elu,
  IfFinite: ifFinite,
  Reshape: (tf, [x], _, shape) => tf.reshape(x, shape),
  Transpose: (tf, [x], { perm }) => tf.transpose(x, [...perm]),
  Expand: (tf, [x], _, shape) => expanded(tf, x, shape),
  Slice: slice,
  Pad: pad,
  Concat: (tf, inputs, { axis }) => tf.concat([...inputs], axis),
  ReduceSum: (tf, [x], { axes, keepDims }) => tf.sum(x, [...axes], keepDims),
  LogSumExp: (tf, [x], { axis }) => tf.logSumExp(x, axis),
  MatMul: (tf, [a, b], { transA, transB }) => tf.matMul(a, b, transA, transB),
  Conv: (tf, operands, window) => conv(tf, ...pair(operands), window),
  ConvTranspose: (tf, operands, window, shape) => convTranspose(tf, ...pair(operands), window, shape),
  ConvWeightGrad: (tf, operands, window, shape) => convWeightGrad(tf, ...pair(operands), window, shape),
};
