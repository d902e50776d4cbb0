import { expect, it } from 'vitest';
import { Emitter } from '../lower.js';
import { broadcast } from './broadcast.js';
import { Holdings } from './holdings.js';
import { type Holding, plainOrder } from './layout.js';

const held = (name: string, dims: readonly number[], extents: readonly number[]): Holding => ({
  name,
  dims,
  extents,
  order: plainOrder(extents.length),
  spare: 'none',
});

/** Names and views (as name[dims]) of the operands, and the extents of the result. */
function written(operands: readonly Holding[]): [string[], readonly number[]] {
  const emit = new Emitter([], 3, undefined);
  const { names, dims } = broadcast(new Holdings(emit, 3), operands);
  const extentsOf = new Map(emit.initializers.map(({ name, data }) => [name, data]));
  const views = new Map(
    emit.nodes.map(({ inputs: [x, to], outputs }) => [outputs[0], `${x}[${extentsOf.get(to)}]`]),
  );
  return [names.map((name) => views.get(name) ?? name), dims];
}

it.each<[string, Holding[], string[], number[]]>([
  [
    'a number for each sample',
    [held('x', [30, 3], [2, 3, 5, 3]), held('w', [3], [1, 1, 1, 3])],
    ['x', 'w'],
    [30, 3],
  ],
  ['a column', [held('b', [4, 1], [4, 1]), held('x', [4, 3], [4, 3])], ['b', 'x'], [4, 3]],
  [
    'a vector that is no column yet',
    [held('b', [4], [4, 1]), held('x', [4, 3], [4, 3])],
    ['b[4,1]', 'x'],
    [4, 3],
  ],
  [
    'a number for each channel of maps that lie in one',
    [held('x', [30, 3], [2, 3, 5, 3]), held('s', [2, 1], [2, 1, 1, 1])],
    ['x[2,45]', 's'],
    [2, 45],
  ],
  [
    'a number for each channel of maps that lie apart',
    [held('x', [2, 15, 3], [2, 3, 5, 3]), held('s', [2, 1, 1], [2, 1, 1, 1])],
    ['x', 's'],
    [2, 15, 3],
  ],
  [
    'two in extents of their own',
    [held('x', [6, 5, 3], [2, 3, 5, 3]), held('y', [2, 45], [2, 3, 5, 3])],
    ['x', 'y[6,5,3]'],
    [6, 5, 3],
  ],
  ['a single number', [held('x', [4, 3], [4, 3]), held('n', [1], [1, 1])], ['x', 'n'], [4, 3]],
  ['one of too many axes', [held('x', [12], [4, 3]), held('n', [1, 1], [1, 1])], ['x', 'n[]'], [12]],
  ['only single numbers', [held('m', [1, 1], [1]), held('n', [], [1])], ['m', 'n'], [1, 1]],
  ['a column and a row', [held('b', [4, 1], [4, 1]), held('r', [1, 3], [1, 3])], ['b', 'r'], [4, 3]],
])('%s', (_, operands, names, dims) => {
  expect(written(operands)).toEqual([names, dims]);
});
