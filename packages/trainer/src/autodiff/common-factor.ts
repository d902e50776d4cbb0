import { constant, type Value } from '../graph/value.js';
import { add, factorAndRest, mul, sub } from '../ops/elementwise.js';

const ONE = constant(1);

/** The two factors of a product; what is only repeated is a product with an array of ones. */
function factorsOf(value: Value): readonly Value[] {
  if (value.kind !== 'node') return [];
  if (value.op.name === 'Expand') return [value.inputs[0], ONE];
  return value.op.name === 'Mul' ? value.inputs : [];
}

/** p·x + q·y where p is q or one is the other's opposite, as one product. */
function factored([p, x]: readonly Value[], [q, y]: readonly Value[]): Value | undefined {
  if (p === q) return x === y ? mul(2, mul(p, x)) : mul(p, add(x, y));
  const [[c, r], [d, s]] = [factorAndRest(p), factorAndRest(q)];
  if (r !== s || c !== -d) return undefined;
  return c > 0 ? mul(p, sub(x, y)) : mul(q, sub(y, x));
}

/** a + b as one product, if they have a common factor. */
function sumAsProduct(a: Value, b: Value): Value | undefined {
  const [left, right] = [factorsOf(a), factorsOf(b)];
  const repeated = left[1] === ONE && right[1] === ONE;
  if (left.length === 0 || right.length === 0 || repeated) return undefined;
  for (const pair of [left, left.toReversed()])
    for (const other of [right, right.toReversed()]) {
      const found = factored(pair, other);
      if (found) return found;
    }
  return undefined;
}

/**
 * The sum of arrays of one shape, at least one. A factor that two of them have is taken out, which saves a product of
 * whole arrays: x·l − softplus(l), the logarithm of a Bernoulli's probability, has the gradient g·(x − σ(l)) and not
 * g·x + (−g)·σ(l).
 *
 * @example sumFactored([mul(g, x), mul(neg(g), y)]) // mul(g, sub(x, y))
 */
export function sumFactored([first, ...others]: readonly Value[]): Value {
  const terms = [first];
  for (const other of others) {
    const products = terms.map((term) => sumAsProduct(term, other));
    const place = products.findIndex((product) => product !== undefined);
    if (place < 0) terms.push(other);
    else terms[place] = products[place]!;
  }
  return terms.reduce(add);
}
