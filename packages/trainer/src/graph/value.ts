import type { Tensor } from '@vae/sdk/media';
import { type Shape, shapeError, sizeOf } from './shape.js';

/** Settings of an operator, fixed when the graph is written. */
export type Attributes = Readonly<Record<string, unknown>>;

/** What an input of a graph is for; `step.json` tells it to whoever runs the graph. */
export type InputRole = 'state' | 'data' | 'noise' | 'weight' | 'scalar' | 'gradient';

/** The gradient of a parameter, where a step is cut in two: an output of the first half, and the input of the second. */
export const gradientName = (parameter: string): string => `${parameter}.gradient`;

export interface Input {
  readonly kind: 'input';
  readonly name: string;
  readonly role: InputRole;
  readonly shape: Shape;
  /** One sentence: meaning, unit, range. */
  readonly meaning: string;
}

export interface Constant {
  readonly kind: 'constant';
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** The result of one operator. Operators have one output each, so a node is its value. */
export interface Node<A extends Attributes = Attributes> {
  readonly kind: 'node';
  readonly op: Op;
  readonly inputs: readonly Value[];
  readonly attributes: A;
  readonly shape: Shape;
}

/** A float32 array that a graph computes with. It knows how it came about, so a graph is found from its results. */
export type Value = Input | Constant | Node;

/**
 * Gradient of a scalar with respect to each input of a node, given `g`, that with respect to its output. A rule
 * may ignore broadcasting: the backward walk sums a gradient back to the shape of its input. `null` means the
 * output does not depend smoothly on that input.
 */
export type GradientRule<A extends Attributes> = (g: Value, node: Node<A>) => readonly (Value | null)[];

/** Written where an operator has no gradient, so that none was forgotten. */
export const none = 'none';

/** One operator: how its output is shaped and how a gradient passes it. What computes it is a target's business. */
export interface Op<Name extends string = string, A extends Attributes = Attributes> {
  readonly name: Name;
  /** Throws a `bad-shape` error that names the operator. */
  shape(inputs: readonly Shape[], attributes: A): Shape;
  readonly gradient: GradientRule<A> | typeof none;
}

export const defineOp = <Name extends string, A extends Attributes>(
  name: Name,
  rules: Omit<Op<Name, A>, 'name'>,
): Op<Name, A> => ({ name, ...rules });

/** Applies an operator. A wrong shape fails here, on the line that wrote it. */
export function apply<A extends Attributes>(
  op: Op<string, A>,
  inputs: readonly Value[],
  attributes: A,
): Value {
  const shape = op.shape(
    inputs.map((input) => input.shape),
    attributes,
  );
  return { kind: 'node', op: op as unknown as Op, inputs, attributes, shape };
}

export const input = (name: string, role: InputRole, shape: Shape, meaning: string): Input => ({
  kind: 'input',
  name,
  role,
  shape,
  meaning,
});

/** A fixed array, or a scalar of shape []. */
export function constant(value: number | Tensor): Constant {
  if (typeof value === 'number') return { kind: 'constant', shape: [], data: [value] };
  const count = sizeOf(value.shape);
  if (count !== value.data.length)
    throw shapeError('constant', `${value.data.length} numbers do not fill a shape of ${count}.`);
  return { kind: 'constant', shape: value.shape, data: value.data };
}

/** A value, or a number standing for a scalar constant. */
export type Operand = Value | number;
export const asValue = (operand: Operand): Value =>
  typeof operand === 'number' ? constant(operand) : operand;
