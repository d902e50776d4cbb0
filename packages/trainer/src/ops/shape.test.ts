import { describe, expect, it } from 'vitest';
import type { Shape } from '../graph/shape.js';
import { input, type Value } from '../graph/value.js';
import { concat, expand, flatten, pad, reshape, slice, transpose } from './shape.js';

const of = (...shape: Shape) => input('x', 'data', shape, 'Anything.');

it.each<[string, Value, Shape]>([
  ['reshape', reshape(of('N', 6), ['N', 2, 3]), ['N', 2, 3]],
  ['reshape to rows', reshape(of('N', 3, 2), ['3N', 2]), ['3N', 2]],
  ['reshape from rows', reshape(of('3N', 2), ['N', 6]), ['N', 6]],
  ['transpose', transpose(of('N', 2, 3), [2, 0, 1]), [3, 'N', 2]],
  ['expand', expand(of(1, 3), ['N', 3]), ['N', 3]],
  ['expand to rows', expand(of(), ['2N', 3]), ['2N', 3]],
  ['slice', slice(of('N', 5), { axis: 1, start: 1, end: 4 }), ['N', 3]],
  ['pad', pad(of('N', 5), { axis: 1, before: 1, after: 2 }), ['N', 8]],
  ['concat', concat([of('N', 2), of('N', 3)], 1), ['N', 5]],
  ['flatten', flatten(of('N', 2, 3, 4)), ['N', 24]],
  ['flatten of a vector', flatten(of('N')), ['N', 1]],
])('%s has the right shape', (_, value, shape) => {
  expect(value.shape).toEqual(shape);
});

it('what changes nothing adds no operator', () => {
  const x = of('N', 5);
  expect(reshape(x, ['N', 5])).toBe(x);
  expect(expand(x, ['N', 5])).toBe(x);
  expect(slice(x, { axis: 1, start: 0, end: 5 })).toBe(x);
  expect(pad(x, { axis: 1, before: 0, after: 0 })).toBe(x);
});

describe('a wrong shape is refused', () => {
  it.each<[() => Value, string]>([
    [() => reshape(of(2, 3), [5]), 'Reshape: [2, 3] does not hold as many numbers as [5].'],
    [() => reshape(of('N', 6), [6]), 'Reshape: [N, 6] does not hold as many numbers as [6].'],
    [() => reshape(of('N', 6), ['2N', 6]), 'Reshape: [N, 6] does not hold as many numbers as [2N, 6].'],
    [() => reshape(of('N', 6), ['N', 'N', 6]), 'Reshape: [N, 6] does not hold as many numbers as [N, N, 6].'],
    [() => transpose(of('N', 2), [0, 0]), 'Transpose: [0,0] is not an order of the axes of [N, 2].'],
    [() => transpose(of('N', 2), [1]), 'Transpose: [1] is not an order of the axes of [N, 2].'],
    [() => transpose(of('N', 2), [0, 1, 2]), 'Transpose: [0,1,2] is not an order of the axes of [N, 2].'],
    [() => expand(of(2, 3), [3]), 'Expand: [2, 3] does not broadcast to [3].'],
    [() => expand(of(2, 3), [2, 1]), 'Expand: [2, 3] does not broadcast to [2, 1].'],
    [() => expand(of('N', 3), [5, 3]), 'Expand: [N, 3] and [5, 3] do not broadcast (axis 0).'],
    [
      () => slice(of('N', 3), { axis: 0, start: 0, end: 1 }),
      'Slice: axis 0 of [N, 3] is not one of known extent.',
    ],
    [() => slice(of(3), { axis: 1, start: 0, end: 1 }), 'Slice: axis 1 of [3] is not one of known extent.'],
    [() => slice(of(3), { axis: 0, start: 1, end: 4 }), 'Slice: 1 to 4 is not a part of axis 0 of [3].'],
    [() => slice(of(3), { axis: 0, start: -1, end: 2 }), 'Slice: -1 to 2 is not a part of axis 0 of [3].'],
    [() => slice(of(3), { axis: 0, start: 2, end: 2 }), 'Slice: 2 to 2 is not a part of axis 0 of [3].'],
    [
      () => pad(of('N', 3), { axis: 0, before: 1, after: 0 }),
      'Pad: axis 0 of [N, 3] is not one of known extent.',
    ],
    [() => concat([of(2, 3), of(3, 3)], 1), 'Concat: [2, 3], [3, 3] differ beside axis 1.'],
    [() => concat([of(2, 3), of(2, 3, 1)], 1), 'Concat: [2, 3], [2, 3, 1] differ beside axis 1.'],
    [() => concat([of('N', 3), of('2N', 3)], 1), 'Concat: [N, 3], [2N, 3] differ beside axis 1.'],
    [() => concat([of('N'), of('N')], 0), 'Concat: axis 0 of [N] is not one of known extent.'],
  ])('%#', (write, message) => {
    expect(write).toThrow(expect.objectContaining({ name: 'TrainerError', code: 'bad-shape', message }));
  });
});
