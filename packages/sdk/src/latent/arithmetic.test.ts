import { describe, expect, it } from 'vitest';
import { VaeError } from '../errors.js';
import { arithmetic } from './index.js';

describe('arithmetic', () => {
  it('is a - b + c', () => {
    expect(arithmetic([5, 7], [1, 2], [10, 20])).toEqual({ data: Float32Array.of(14, 25), shape: [2] });
  });

  it.each([
    [
      'b and c without the batch axis',
      [
        [1, 1],
        [2, 2],
      ],
      [1, 0],
      [0, 5],
      [0, 6, 1, 7],
    ],
    [
      'b with a batch axis of 1',
      [
        [1, 1],
        [2, 2],
      ],
      [[1, 0]],
      [0, 5],
      [0, 6, 1, 7],
    ],
    [
      'only c a batch',
      [3, 3],
      [[1, 2]],
      [
        [0, 0],
        [10, 20],
      ],
      [2, 1, 12, 21],
    ],
  ])('goes with a batch: %s', (_, a, b, c, expected) => {
    expect(arithmetic(a, b, c)).toEqual({ data: Float32Array.from(expected), shape: [2, 2] });
  });

  it('keeps a batch of one and one of none', () => {
    expect(arithmetic([[1]], [2], [3]).shape).toEqual([1, 1]);
    expect(arithmetic({ data: [], shape: [0, 2] }, [1, 2], [[3, 4]]).shape).toEqual([0, 2]);
  });

  it('refuses shapes that do not go together, and what float32 cannot hold', () => {
    const failing = () =>
      arithmetic(
        [
          [1, 1],
          [2, 2],
        ],
        [1, 2, 3],
        [0, 0],
      );
    expect(failing).toThrow(
      'arithmetic: b is [3], which goes with no batch [2, 2]; pass as many latents, or one.',
    );
    expect(failing).toThrow(VaeError);
    expect(() => arithmetic([[1], [2]], [[1], [2], [3]], [0])).toThrow('b is [3, 1], which goes with no');
    expect(() => arithmetic([3e38], [-3e38], [0])).toThrow(
      'element [0] is Infinity; the latents are too large',
    );
  });
});
