import { describe, expect, it } from 'vitest';
import {
  broadcastAxes,
  broadcastShapes,
  type Dim,
  elementCount,
  formatShape,
  isStatic,
  resolveDim,
  resolveShape,
  type Shape,
  sameShape,
  sampleSize,
  sizeOf,
} from './shape.js';
import { constant } from './value.js';

describe('the batch size', () => {
  it.each<[Dim, number, number]>([
    ['N', 1, 1],
    ['N', 7, 7],
    ['1N', 7, 7],
    ['3N', 7, 21],
    ['12N', 2, 24],
    [5, 7, 5],
  ])('%s at batch %d is %d', (dim, batch, expected) => {
    expect(resolveDim(dim, batch)).toBe(expected);
  });

  it('is filled in along every axis', () => {
    expect(resolveShape(['N', 2, '3N', 'N'], 4)).toEqual([4, 2, 12, 4]);
    expect(resolveShape([], 4)).toEqual([]);
  });

  it('makes a shape that is not static', () => {
    expect([[], [1, 2], ['N', 2], [2, '3N']].map((shape) => isStatic(shape as Shape))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it('counts apart from the numbers', () => {
    expect(elementCount([2, 3])).toEqual({ count: 6, power: 0 });
    expect(elementCount([])).toEqual({ count: 1, power: 0 });
    expect(elementCount(['3N', 4])).toEqual({ count: 12, power: 1 });
    expect(elementCount(['N', 'N', 2])).toEqual({ count: 2, power: 2 });
    expect(sampleSize(['N', 2, 3])).toBe(6);
    expect([sizeOf([2, 3, 4]), sizeOf([2, 0]), sizeOf([])]).toEqual([24, 0, 1]);
  });

  it('is an extent of its own', () => {
    expect(sameShape(['N', 2], ['N', 2])).toBe(true);
    expect(sameShape(['N', 2], ['2N', 2])).toBe(false);
    expect(sameShape(['N'], ['N', 1])).toBe(false);
    expect(formatShape(['3N', 2])).toBe('[3N, 2]');
    expect(formatShape([])).toBe('[]');
  });
});

describe('broadcasting', () => {
  it.each<[Shape, Shape, Shape]>([
    [[], [], []],
    [[2, 3], [], [2, 3]],
    [[2, 3], [3], [2, 3]],
    [
      [2, 1],
      [1, 3],
      [2, 3],
    ],
    [['N', 1], [4], ['N', 4]],
    [
      ['N', 1, 2],
      [1, 'N', 2],
      ['N', 'N', 2],
    ],
    [['3N'], [1], ['3N']],
    [[1], ['3N'], ['3N']],
    [
      [1, 1],
      [2, 1, 1],
      [2, 1, 1],
    ],
  ])('[%s] and [%s] give [%s]', (a, b, expected) => {
    expect(broadcastShapes(a, b, 'Add')).toEqual(expected);
    expect(broadcastShapes(b, a, 'Add')).toEqual(expected);
  });

  it.each<[Shape, Shape, string]>([
    [[2, 3], [2], 'Add: [2, 3] and [2] do not broadcast (axis 1).'],
    [['N', 3], [4, 3], 'Add: [N, 3] and [4, 3] do not broadcast (axis 0).'],
    [['N'], ['3N'], 'Add: [N] and [3N] do not broadcast (axis 0).'],
    [[2, 4, 1], [3, 1], 'Add: [2, 4, 1] and [3, 1] do not broadcast (axis 1).'],
  ])('[%s] and [%s] do not fit', (a, b, message) => {
    expect(() => broadcastShapes(a, b, 'Add')).toThrow(
      expect.objectContaining({ code: 'bad-shape', message }),
    );
  });

  it.each<[Shape, Shape, { repeated: number[]; added: number }]>([
    [[2, 3], [2, 3], { repeated: [], added: 0 }],
    [[3], ['N', 3], { repeated: [0], added: 1 }],
    [['N', 1], ['N', 3], { repeated: [1], added: 0 }],
    [[1], ['N', 2, 3], { repeated: [0, 1, 2], added: 2 }],
    [[1], [4, 1], { repeated: [0], added: 1 }],
    [[], ['3N'], { repeated: [0], added: 1 }],
  ])('[%s] to [%s] repeats axes', (from, to, expected) => {
    expect(broadcastAxes(from, to)).toEqual(expected);
  });
});

describe('a constant', () => {
  it('has as many numbers as its shape', () => {
    expect(constant(2)).toEqual({ kind: 'constant', shape: [], data: [2] });
    expect(() => constant({ data: new Float32Array(5), shape: [2, 3] })).toThrow(
      'constant: 5 numbers do not fill a shape of 6.',
    );
  });
});
