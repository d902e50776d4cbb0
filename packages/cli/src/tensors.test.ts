import { expect, it } from 'vitest';
import { concatenate, itemSize, slice } from './tensors.js';

const tensor = { data: Float32Array.from({ length: 6 }, (_, index) => index), shape: [3, 2] };

it('slices and joins along the first axis', () => {
  expect(itemSize(tensor)).toBe(2);
  const [head, tail] = [slice(tensor, 0, 1), slice(tensor, 1, 5)];
  expect(tail).toEqual({ data: Float32Array.of(2, 3, 4, 5), shape: [2, 2] });
  expect(concatenate([head, tail])).toEqual(tensor);
  expect(() => concatenate([])).toThrow('no tensors');
});
