import { TrainerError } from '../errors.js';
import { ancestors } from '../graph/graph.js';
import { broadcastAxes, formatShape, type Shape } from '../graph/shape.js';
import { constant, type Node, none, type Value } from '../graph/value.js';
import { reduceSum } from '../ops/reduce.js';
import { expand, reshape } from '../ops/shape.js';
import { sumFactored } from './common-factor.js';

/** Undoes broadcasting: the gradient of a repeated element is the sum over its repetitions. */
function sumTo(g: Value, shape: Shape): Value {
  const { repeated } = broadcastAxes(shape, g.shape);
  return reshape(reduceSum(g, repeated), shape);
}

/** Those of `values` (in order) that depend on one of `targets`: nothing else needs a gradient. */
function dependents(values: readonly Value[], targets: readonly Value[]): Set<Value> {
  const found = new Set<Value>(targets);
  for (const value of values)
    if (value.kind === 'node' && value.inputs.some((input) => found.has(input))) found.add(value);
  return found;
}

function inputGradients(g: Value, node: Node): readonly (Value | null)[] {
  if (node.op.gradient === none) return node.inputs.map(() => null);
  return node.op.gradient(g, node);
}

/**
 * Gradients of a scalar with respect to some values, as new values of the same graph (reverse mode).
 *
 * @param loss a scalar, shape []
 * @param targets usually the parameters; one that the loss does not depend on gets zeros
 * @returns one value per target, of its shape
 * @throws TrainerError "bad-shape" when `loss` is not a scalar
 * @example const [dw] = gradients(sumAll(mul(w, w)), [w]); // 2w
 */
export function gradients(loss: Value, targets: readonly Value[]): Value[] {
  if (loss.shape.length !== 0)
    throw new TrainerError(
      'bad-shape',
      `gradients: the loss must be a scalar, got ${formatShape(loss.shape)}.`,
    );
  const order = ancestors([loss]);
  const wanted = dependents(order, targets);
  // What every reader of a value adds to its gradient. A value comes after all that read it.
  const termsOf = new Map<Value, Value[]>([[loss, [constant(1)]]]);
  for (const value of order.reverse()) {
    const terms = termsOf.get(value);
    if (!terms || value.kind !== 'node' || !value.inputs.some((input) => wanted.has(input))) continue;
    inputGradients(sumFactored(terms), value).forEach((part, index) => {
      const input = value.inputs[index];
      if (!part || !wanted.has(input)) return;
      const term = sumTo(part, input.shape);
      termsOf.set(input, [...(termsOf.get(input) ?? []), term]);
    });
  }
  return targets.map((target) => {
    const terms = termsOf.get(target);
    return terms ? sumFactored(terms) : expand(constant(0), target.shape);
  });
}
