import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { type ArrayInput, asBatch, rows, sizeOf, tensor, toFloatTensor } from './tensor.js';

describe('toFloatTensor', () => {
  it('accepts tensors, typed arrays and nested arrays', () => {
    const data = Float32Array.of(1, 2, 3, 4);
    expect(toFloatTensor(data, 'x')).toEqual({ data, shape: [4] });
    expect(toFloatTensor(data, 'x').data).toBe(data);
    expect(toFloatTensor({ data, shape: [2, 2] }, 'x').data).toBe(data);
    expect(toFloatTensor(Uint8Array.of(1, 255), 'x')).toEqual({ data: Float32Array.of(1, 255), shape: [2] });
    expect(
      toFloatTensor(
        [
          [[1], [2]],
          [[3], [4]],
        ],
        'x',
      ),
    ).toEqual({ data, shape: [2, 2, 1] });
    expect(toFloatTensor({ data: [1, 2, 3, 4], shape: [4, 1] }, 'x')).toEqual({ data, shape: [4, 1] });
    expect(toFloatTensor([], 'x')).toEqual({ data: new Float32Array(0), shape: [0] });
  });

  it.each<[unknown, string]>([
    [{ data: [1, 2, 3], shape: [2, 2] }, 'x: shape [2, 2] needs 4 elements, the data has 3.'],
    [{ data: [1], shape: [-1] }, 'x: shape [-1] needs whole numbers >= 0.'],
    [{ data: [1], shape: [2 ** 20, 2 ** 20, 2 ** 20] }, 'has more than 2^31 - 1 elements'],
    [[[1, 2], [3]], 'x: nested arrays need equal lengths; expected 2 at level 1, got 1.'],
    [[[1, 2], 3], 'expected 2 at level 1, got number.'],
    [[1, '2'], 'x: element 1 is of type string, expected a number'],
    [
      [Float32Array.of(1), Float32Array.of(2)],
      'x: element 0 is of type object, expected a number; arrays go in one { data, shape }.',
    ],
    [
      [
        [0, 1],
        [2, Number.POSITIVE_INFINITY],
      ],
      'x: element [1, 1] is Infinity; every value has to be finite.',
    ],
    [new BigInt64Array(1), 'got BigInt64Array.'],
    [runInNewContext('new BigInt64Array(1)'), 'got BigInt64Array.'],
    [null, 'got null.'],
    [undefined, 'got undefined.'],
  ])('refuses %o', (input, text) => {
    expect(() => toFloatTensor(input as ArrayInput, 'x')).toThrow(text);
  });
});

describe('shapes', () => {
  it('multiplies sizes', () => {
    expect([sizeOf([], 'x'), sizeOf([2, 3], 'x'), sizeOf([0, 9], 'x')]).toEqual([1, 6, 0]);
  });

  it('adds a batch axis to one item only', () => {
    const six = new Float32Array(6);
    expect(asBatch({ data: six, shape: [6] }, [1, 2, 3], 'x').shape).toEqual([1, 1, 2, 3]);
    expect(asBatch({ data: six, shape: [1, 2, 3] }, [1, 2, 3], 'x').shape).toEqual([1, 1, 2, 3]);
    expect(asBatch({ data: six, shape: [1, 1, 2, 3] }, [1, 2, 3], 'x').shape).toEqual([1, 1, 2, 3]);
    // [2] with items [1] is a batch axis missing its item axis, not one item.
    expect(() => asBatch({ data: new Float32Array(2), shape: [2] }, [1], 'x')).toThrow('got [2]');
  });

  it('slices along the first axis', () => {
    const whole = tensor(Float32Array.of(1, 2, 3, 4, 5, 6), [3, 2]);
    expect(rows(whole, 1, 3)).toEqual({ data: Float32Array.of(3, 4, 5, 6), shape: [2, 2] });
  });
});
