import { describe, expect, it } from 'vitest';
import { input } from '../../../graph/value.js';
import { transpose } from '../../../ops/index.js';
import { numbersOf } from '../../../testing/numbers-of.js';
import { fromFile, permute, toFile } from './layout.js';

const data = Float32Array.from({ length: 24 }, (_, i) => i);

describe('the order of axes', () => {
  it.each([
    [
      [2, 3, 4],
      [2, 0, 1],
    ],
    [
      [2, 3, 4],
      [1, 0, 2],
    ],
    [
      [4, 6],
      [1, 0],
    ],
    [
      [2, 3, 2, 2],
      [1, 2, 3, 0],
    ],
    [[24], [0]],
  ])('of %j becomes %j, as Transpose has it, and back', (shape, axes) => {
    const expected = numbersOf(transpose(input('x', 'data', shape, ''), axes), { x: data });
    expect([...permute(data, shape, axes)]).toEqual(expected);
    const file = toFile({ data, shape }, axes);
    expect([...file]).toEqual(expected);
    expect([...fromFile(file, shape, axes)]).toEqual([...data]);
  });

  it('stays where none is given', () => {
    expect(toFile({ data, shape: [4, 6] }, undefined)).toBe(data);
    expect(fromFile(data, [4, 6], undefined)).toBe(data);
  });
});
