import { expect, it } from 'vitest';
import { csv } from '../csv.js';
import { dataFolder, itemsOf } from '../testing/data-folder.js';

const { put, open, refusal } = dataFolder(csv);

it('leaves rows with missing numbers out where asked, and says how many', async () => {
  const notes: string[] = [];
  const file = await put('a.csv', 'a,b\n1,2\n,3\n4,NaN\n5,6\n');
  const data = await open(`${file}?bad=skip`, notes);
  expect(await itemsOf(data, data.train)).toEqual([
    [1, 2],
    [5, 6],
  ]);
  expect(notes).toEqual(['a.csv: 2 of 4 rows are left out; the first: column "a" of line 3 is "".']);
  expect(await refusal(`${await put('a.csv', 'a,b\n1,dog\n')}?bad=skip`)).toContain('"dog", expected');
});

it('says which columns have no number in any row', async () => {
  expect(await refusal(`${await put('a.csv', 'a,b,c\n1,,\n2,NA,\n3,,4\n')}?bad=skip`)).toBe(
    'a.csv: all 3 rows would be left out; the first: column "b" of line 2 is "". No row has a number in "b": leave it out with drop=b.',
  );
  expect(await refusal(`${await put('a.csv', 'a,b,c\n,,1\n,,2\n')}?bad=skip`)).toMatch(
    / No row has a number in "a", "b": leave them out with drop=a,b\.$/,
  );
});

it('leaves rows of another length out where asked', async () => {
  const notes: string[] = [];
  const file = await put('a.csv', 'a,b,k\n1,2,x\n3\n4,5,y,z\n6,7,y\n');
  const data = await open(`${file}?label=k&bad=skip`, notes);
  expect(await itemsOf(data, data.train)).toEqual([
    [1, 2],
    [6, 7],
  ]);
  expect([data.train.label!(0), data.train.label!(1)]).toEqual([0, 1]);
  expect(notes).toEqual(['a.csv: 2 of 4 rows are left out; the first: line 3 has 1 field, the header 3.']);
  expect(await refusal(`${await put('a.csv', 'a,b\n1;2\n3;4\n')}?bad=skip`)).toBe(
    'a.csv: all 2 rows would be left out; the first: line 2 has 1 field, the header 2.',
  );
});
