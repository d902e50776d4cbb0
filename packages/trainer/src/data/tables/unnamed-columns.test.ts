import { expect, it } from 'vitest';
import { csv } from '../csv.js';
import { dataFolder, itemsOf } from '../testing/data-folder.js';

const { put, open } = dataFolder(csv);

it('leaves out row numbers without a name, as pandas 3.1.1 writes them', async () => {
  // DataFrame({'a': [1, 2, nan], 'b': [3, 4, 5]}).to_csv(), and DataFrame([[3, 4], [5, 6]]).to_csv()
  const notes: string[] = [];
  const file = await put('a.csv', ',a,b\n0,1.0,3\n1,2.0,4\n2,,5\n');
  const data = await open(`${file}?bad=skip`, notes);
  expect([data.columns, await itemsOf(data, data.train)]).toEqual([
    ['a', 'b'],
    [
      [1, 3],
      [2, 4],
    ],
  ]);
  expect(notes[0]).toBe('a.csv: column 1 has no name and numbers the rows, as pandas does; it is left out.');
  const numbers = await open(await put('b.csv', ',0,1\n0,3,4\n1,5,6\n'));
  expect([numbers.columns, await itemsOf(numbers, numbers.train)]).toEqual([
    ['0', '1'],
    [
      [3, 4],
      [5, 6],
    ],
  ]);
  const fromOne = await open(`${await put('c.csv', 'a,,k\n7,1,x\n8\n9,3,y\n')}?label=k&bad=skip`);
  expect([fromOne.columns, await itemsOf(fromOne, fromOne.train)]).toEqual([['a'], [[7], [9]]]);
});

it('leaves out columns with neither names nor values, as commas at the ends of lines make them', async () => {
  const notes: string[] = [];
  const data = await open(await put('a.csv', 'a,b,,\n1,2,,\n3,5,,\n'), notes);
  expect([data.columns, await itemsOf(data, data.train)]).toEqual([
    ['a', 'b'],
    [
      [1, 2],
      [3, 5],
    ],
  ]);
  expect(notes).toEqual([
    'a.csv: column 3 has neither a name nor values; it is left out.',
    'a.csv: column 4 has neither a name nor values; it is left out.',
  ]);
});

it('takes any column without a name where others are chosen', async () => {
  const notes: string[] = [];
  const file = await put('a.csv', ',a,b\n7,1,2\n3,4,6\n');
  const data = await open(`${file}?columns=b`, notes);
  expect([await itemsOf(data, data.train), notes]).toEqual([[[2], [6]], []]);
  const model = { columns: ['b', 'a'] };
  const read = await csv.open(file, { seed: 0, model });
  expect(await itemsOf(read, read.train)).toEqual([
    [2, 1],
    [6, 4],
  ]);
});
