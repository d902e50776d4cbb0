import { expect, it } from 'vitest';
import { csv } from '../csv.js';
import { dataFolder } from '../testing/data-folder.js';

const { put, open, refusal } = dataFolder(csv);

it('numbers classes that are numbers in their order', async () => {
  const data = await open(`${await put('a.csv', 'x,y\n1,10\n1,9\n1,-2\n')}?label=y`);
  expect([data.classes, [0, 1, 2].map((i) => data.train.label!(i))]).toEqual([
    ['-2', '9', '10'],
    [2, 1, 0],
  ]);
});

it('refuses labels that are no classes', async () => {
  const rows = Array.from({ length: 5000 }, (_, i) => `1,${i / 7}`);
  expect(await refusal(`${await put('a.csv', `x,y\n${rows.join('\n')}\n`)}?label=y`)).toBe(
    'a.csv: the labels have more than 4096 different values up to line 4098, so they are no classes.',
  );
  expect(await refusal(`${await put('a.csv', 'x,y\n1,\n')}?label=y`)).toBe(
    'a.csv: the label of line 2 is empty.',
  );
});
