import { normal } from '@vae/sdk/random';
import { gradients } from '../autodiff/gradients.js';
import { evaluate } from '../engines/reference/index.js';
import { buildGraph } from '../graph/graph.js';
import { resolveShape, type Shape, sizeOf } from '../graph/shape.js';
import { type Input, input, type Value } from '../graph/value.js';
import { add, mul, sumAll } from '../ops/index.js';

/** Where a function is checked. */
export interface Point {
  readonly shape: Shape;
  readonly data: ArrayLike<number>;
}

export interface CheckOptions {
  /** 1 checks the gradient, 2 the gradient of the gradient. */
  readonly order?: 1 | 2;
  /** What `N` stands for. */
  readonly batch?: number;
  readonly seed?: number;
}

/** Larger than any error a right rule shows, far smaller than what a rule wrong by 0.1 % shows. */
export const GRADIENT_TOLERANCE = 1e-8;

/** Distance between the points of the difference; samples keep hundreds of it away from a kink. */
const STEP = 3e-4;

/** Derivatives below this are compared absolutely: they may be sums of terms that cancel. */
const SMALL = 1e-2;

/**
 * Relative error of the gradient of a function: the derivative along one random direction, from `gradients`,
 * against the central difference of fourth order, both of the scalar Σ r·f(x) with a random r, in float64.
 *
 * @example checkGradient((x) => exp(x), [{ shape: [2], data: [0, 1] }]) // about 1e-12
 */
export function checkGradient(
  f: (...inputs: Value[]) => Value,
  points: readonly Point[],
  { order = 1, batch = 3, seed = 1 }: CheckOptions = {},
): number {
  const feeds: Record<string, ArrayLike<number>> = {};
  const draw = (shape: Shape): Float64Array => {
    const stream = `check/${Object.keys(feeds).length}`;
    return Float64Array.from(normal({ seed, stream }, sizeOf(resolveShape(shape, batch))));
  };
  const feed = (shape: Shape, data: ArrayLike<number> = draw(shape)): Input => {
    const name = `v${Object.keys(feeds).length}`;
    feeds[name] = data;
    return input(name, 'data', shape, 'random');
  };
  const weighted = (values: readonly Value[]): Value =>
    values.map((value) => sumAll(mul(feed(value.shape), value))).reduce((a, b) => add(a, b));

  const xs = points.map(({ shape, data }) => feed(shape, data));
  let scalar = weighted([f(...xs)]);
  if (order === 2) scalar = weighted(gradients(scalar, xs));

  const directions = xs.map((x) => feed(x.shape));
  const slope = gradients(scalar, xs)
    .map((g, i) => sumAll(mul(g, directions[i])))
    .reduce((a, b) => add(a, b));
  const exact = evaluate(buildGraph('slope', { slope }), feeds, batch).slope.data[0];

  const graph = buildGraph('scalar', { scalar });
  const at = (distance: number): number => {
    const moved = xs.map((x, i): [string, Float64Array] => {
      const direction = feeds[directions[i].name];
      return [x.name, Float64Array.from(feeds[x.name], (v, k) => v + distance * direction[k])];
    });
    return evaluate(graph, { ...feeds, ...Object.fromEntries(moved) }, batch).scalar.data[0];
  };
  const numeric = (8 * (at(STEP) - at(-STEP)) - (at(2 * STEP) - at(-2 * STEP))) / (12 * STEP);
  return Math.abs(exact - numeric) / Math.max(Math.abs(exact), Math.abs(numeric), SMALL);
}
