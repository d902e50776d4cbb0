import type { Tensor } from '@tensorflow/tfjs';
import type { Attributes } from '../../graph/value.js';
import type { OpName } from '../../ops/index.js';
import type { Plan, Step } from './plan.js';
import type { Tf } from './tf.js';

// TensorFlow.js convolves images whose channels are the last axis, our graphs have them second. Turning every image
// around for its convolution took a third of a training step; so an image stays as a convolution left it through all
// that is done to it element by element.

/** Where an image has its channels: [N, C, H, W], as in the graph, or [N, H, W, C]. */
export type Order = 'first' | 'last';

/** Orders for a plan: of every value, and of what each step's operands have to be turned into. */
export interface Layout {
  readonly values: readonly Order[];
  readonly operands: readonly (readonly Order[])[];
}

/** Operands that are images of a convolution; the others are weights. */
const images: Partial<Record<OpName, readonly number[]>> = {
  Conv: [0],
  ConvTranspose: [0],
  ConvWeightGrad: [0, 1],
};

const elementwise = new Set<OpName>([
  ...(['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min'] as const),
  ...(['Neg', 'Exp', 'Log', 'Sqrt', 'Tanh', 'Sigmoid', 'Softplus', 'Erf'] as const),
  ...(['Step', 'Relu', 'Abs', 'LeakyRelu', 'Elu'] as const),
]);

type Sum = { readonly axes: readonly number[]; readonly keepDims: boolean };

/** True for a sum in which the order of the three last axes is lost. */
function sumsImages({ op, attributes }: Step): boolean {
  const { axes, keepDims } = attributes as Sum;
  return op === 'ReduceSum' && !keepDims && [1, 2, 3].every((axis) => axes.includes(axis));
}

/** True for a sum whose result has the axes of its operand, such as a mean that is taken off an image. */
const keepsAxes = ({ op, attributes }: Step): boolean => op === 'ReduceSum' && (attributes as Sum).keepDims;

const repeat = (order: Order, count: number): Order[] => new Array(count).fill(order);

function orderStep(step: Step, given: readonly Order[]): { result: Order; operands: readonly Order[] } {
  const convolved = images[step.op];
  if (convolved)
    return {
      result: step.op === 'ConvWeightGrad' ? 'first' : 'last',
      operands: given.map((_, i) => (convolved.includes(i) ? 'last' : 'first')),
    };
  if ((elementwise.has(step.op) || keepsAxes(step)) && given.includes('last'))
    return { result: 'last', operands: repeat('last', given.length) };
  return { result: 'first', operands: sumsImages(step) ? given : repeat('first', given.length) };
}

/** The orders for a plan that need few turns: one walk from the inputs, which come channels first. */
export function layOut({ inputs, constants, steps }: Plan): Layout {
  const values = repeat('first', inputs.length + constants.length);
  const operands = steps.map((step) => {
    const ordered = orderStep(
      step,
      step.inputs.map((place) => values[place]),
    );
    values.push(ordered.result);
    return ordered.operands;
  });
  return { values, operands };
}

/** What a step has to be told where its operands are in that order: axes that are summed have other places. */
export const attributesIn = (step: Step, order: Order): Attributes =>
  order === 'last' && keepsAxes(step)
    ? { ...step.attributes, axes: (step.attributes as Sum).axes.map((axis) => CHANNELS_LAST.indexOf(axis)) }
    : step.attributes;

/** The same axes in the other order: N, C, H, W to N, H, W, C, or back. */
export const reorder = <Item>([n, a, b, c]: readonly Item[], to: Order): Item[] =>
  to === 'last' ? [n, b, c, a] : [n, c, a, b];

const CHANNELS_LAST = reorder([0, 1, 2, 3], 'last');

/** An image with its axes in the other order. What broadcasts to images is turned as they are; a scalar stays. */
export function turn(tf: Tf, x: Tensor, to: Order): Tensor {
  if (x.rank === 0) return x;
  const shape = [...new Array(4 - x.rank).fill(1), ...x.shape];
  const turned = reorder(shape, to);
  const [, height, width, channels] = to === 'last' ? turned : shape;
  // One channel, or one pixel: the numbers stay where they are.
  if (channels === 1 || height * width === 1) return tf.reshape(x, turned);
  return tf.transpose(tf.reshape(x, shape), reorder([0, 1, 2, 3], to));
}
