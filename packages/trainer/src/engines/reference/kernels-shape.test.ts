import { describe, expect, it } from 'vitest';
import { buildGraph } from '../../graph/graph.js';
import { input } from '../../graph/value.js';
import { concat, expand, pad, reduceSum, reshape, slice, transpose } from '../../ops/index.js';
import { evaluate } from './index.js';
import { array, counting, run } from './testing/run-op.js';

describe('shapes', () => {
  it('reshape keeps the order', () => {
    expect(run((x) => reshape(x, [3, 2]), counting(2, 3))).toEqual(counting(3, 2));
  });

  it('transpose', () => {
    expect(run((x) => transpose(x, [1, 0]), counting(2, 3))).toEqual(array([3, 2], [1, 4, 2, 5, 3, 6]));
    // [a][b][c] = 6a + 2b + c + 1 becomes [c][a][b]
    expect(run((x) => transpose(x, [2, 0, 1]), counting(2, 3, 2))).toEqual(
      array([2, 2, 3], [1, 3, 5, 7, 9, 11, 2, 4, 6, 8, 10, 12]),
    );
  });

  it('expand', () => {
    expect(run((x) => expand(x, [2, 3]), counting(3)).data).toEqual(Float64Array.of(1, 2, 3, 1, 2, 3));
    expect(run((x) => expand(x, [2, 2]), counting(2, 1)).data).toEqual(Float64Array.of(1, 1, 2, 2));
    expect(run((x) => expand(x, [2]), counting())).toEqual(array([2], [1, 1]));
  });

  it('slice', () => {
    expect(run((x) => slice(x, { axis: 1, start: 1, end: 3 }), counting(2, 3))).toEqual(
      array([2, 2], [2, 3, 5, 6]),
    );
    expect(run((x) => slice(x, { axis: 0, start: 1, end: 2 }), counting(2, 3))).toEqual(
      array([1, 3], [4, 5, 6]),
    );
  });

  it('pad', () => {
    expect(run((x) => pad(x, { axis: 1, before: 1, after: 2 }), counting(2, 1))).toEqual(
      array([2, 4], [0, 1, 0, 0, 0, 2, 0, 0]),
    );
    expect(run((x) => pad(x, { axis: 0, before: 0, after: 1 }), counting(1, 2))).toEqual(
      array([2, 2], [1, 2, 0, 0]),
    );
  });

  it('concat', () => {
    expect(run((a, b) => concat([a, b, a], 1), counting(2, 2), array([2, 1], [8, 9]))).toEqual(
      array([2, 5], [1, 2, 8, 1, 2, 3, 4, 9, 3, 4]),
    );
    expect(run((a, b) => concat([a, b], 0), counting(1, 2), counting(2, 2))).toEqual(
      array([3, 2], [1, 2, 1, 2, 3, 4]),
    );
  });

  it('sums', () => {
    const x = counting(2, 3, 2);
    expect(run((v) => reduceSum(v, [1]), x)).toEqual(array([2, 2], [9, 12, 27, 30]));
    expect(run((v) => reduceSum(v, [0, 2], true), x)).toEqual(array([1, 3, 1], [18, 26, 34]));
    expect(run((v) => reduceSum(v, [0, 1, 2]), x)).toEqual(array([], [78]));
  });

  it('the batch size is filled in', () => {
    const x = input('x', 'data', ['N', 3, 2], 'test');
    const graph = buildGraph('g', {
      rows: reshape(x, ['3N', 2]),
      wide: expand(reduceSum(x, [2], true), x.shape),
    });
    const { rows, wide } = evaluate(graph, { x: counting(2, 3, 2).data }, 2);
    expect(rows).toEqual(counting(6, 2));
    expect(wide).toEqual(array([2, 3, 2], [3, 3, 7, 7, 11, 11, 15, 15, 19, 19, 23, 23]));
  });
});
