import type { Value } from './graph/value.js';
import { add, mul, sub } from './ops/elementwise.js';

const operandsOf = (value: Value, op: string): readonly Value[] =>
  value.kind === 'node' && value.op.name === op ? value.inputs : [];

const isNegated = (value: Value, other: Value): boolean => operandsOf(value, 'Neg')[0] === other;

/** p·x + q·y where p is q or one is the other's opposite, as one product. */
function factored([p, x]: readonly Value[], [q, y]: readonly Value[]): Value | undefined {
  if (p === q) return mul(p, add(x, y));
  if (isNegated(q, p)) return mul(p, sub(x, y));
  return isNegated(p, q) ? mul(q, sub(y, x)) : undefined;
}

/**
 * a + b. A factor that both have is taken out, which saves a product of whole arrays: x·l − softplus(l), the logarithm
 * of a Bernoulli's probability, has the gradient g·(x − σ(l)) and not g·x + (−g)·σ(l).
 *
 * @example addFactored(mul(g, x), mul(neg(g), y)) // mul(g, sub(x, y))
 */
export function addFactored(a: Value, b: Value): Value {
  const [left, right] = [operandsOf(a, 'Mul'), operandsOf(b, 'Mul')];
  for (const pair of [left, [...left].reverse()])
    for (const other of [right, [...right].reverse()]) {
      const found = pair.length && other.length ? factored(pair, other) : undefined;
      if (found) return found;
    }
  return add(a, b);
}
