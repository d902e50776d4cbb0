import { buildGraph } from '../../../graph/graph.js';
import { input, type Value } from '../../../graph/value.js';
import { evaluate } from '../index.js';
import type { Array64 } from '../kernels.js';

export const array = (shape: number[], data: ArrayLike<number>): Array64 => ({
  shape,
  data: Float64Array.from(data),
});

/** 1, 2, 3, … */
export const counting = (...shape: number[]): Array64 => {
  const length = shape.reduce((product, dim) => product * dim, 1);
  return array(
    shape,
    Array.from({ length }, (_, i) => i + 1),
  );
};

/** The result of an operation on these arrays. */
export function run(f: (...inputs: Value[]) => Value, ...arrays: Array64[]): Array64 {
  const inputs = arrays.map(({ shape }, i) => input(`x${i}`, 'data', shape, 'test'));
  const feeds = Object.fromEntries(arrays.map(({ data }, i) => [`x${i}`, data]));
  return evaluate(buildGraph('g', { y: f(...inputs) }, inputs), feeds, 1).y;
}

export const numbers = (f: (...inputs: Value[]) => Value, ...arrays: Array64[]): number[] => [
  ...run(f, ...arrays).data,
];
