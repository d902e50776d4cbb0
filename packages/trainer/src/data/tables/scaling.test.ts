import { expect, it } from 'vitest';
import { csv } from '../csv.js';
import { dataFolder, itemsOf } from '../testing/data-folder.js';

const { put, open, refusal } = dataFolder(csv);

it('scales to 0 to 1, or to mean 0 and deviation 1, and says how', async () => {
  const file = await put('a.csv', 'age,size,kind\n1,10,cat\n2,20,dog\n3,60,cat\n');
  const minmax = await open(`${file}?label=kind&normalize=minmax`);
  expect(minmax.normalization).toEqual({ offset: [1, 10], scale: [2, 50], clip: [0, 1] });
  expect(minmax.range).toEqual([0, 1]);
  expect((await itemsOf(minmax, minmax.train)).map((row) => row.map((x) => x.toFixed(6)))).toEqual([
    ['0.000000', '0.000000'],
    ['0.500000', '0.200000'],
    ['1.000000', '1.000000'],
  ]);
  const standard = await open(`${file}?label=kind&normalize=standard`);
  // Population deviations: sqrt(2/3), and of 10, 20, 60 around 30 sqrt((400 + 100 + 900) / 3).
  const { offset, scale } = standard.normalization!;
  expect(offset).toEqual([2, 30]);
  expect(scale[0]).toBeCloseTo(Math.sqrt(2 / 3), 12);
  expect(scale[1]).toBeCloseTo(Math.sqrt(1400 / 3), 12);
  expect((await itemsOf(standard, standard.train, [2]))[0][1]).toBeCloseTo(30 / Math.sqrt(1400 / 3), 6);
  expect(standard.range).toBeNull();
  // 0.1 and its float32, which is above it, are the same limit.
  const tenths = await open(`${await put('tenths.csv', 'x\n0.1\n0\n')}?range=0,0.1`);
  expect((await itemsOf(tenths, tenths.train)).flat()).toEqual([1, 0]);
  const range = await open(`${file}?label=kind&range=0,100`);
  expect([range.range, range.normalization]).toEqual([[0, 1], { offset: [0, 0], scale: [100, 100] }]);
});

it('measures the training rows alone, and cuts off what other rows have beyond', async () => {
  const train = await put('train.csv', 'x,k\n0,a\n10,b\n');
  const test = await put('test.csv', 'x,k\n20,b\n5,a\n-5,b\n');
  const data = await open(`${train}?label=k&normalize=minmax&test=${test}`);
  expect(await itemsOf(data, data.test!)).toEqual([[1], [0.5], [0]]);
  expect([0, 1, 2].map((i) => data.test!.label!(i))).toEqual([1, 0, 1]);
  const rows = Array.from({ length: 100 }, (_, i) => i);
  const shared = await open(`${await put('a.csv', `x\n${rows.join('\n')}\n`)}?normalize=standard&test=0.25`);
  const values = (await itemsOf(shared, shared.train)).map(([x]) => x!);
  expect([shared.train.size, shared.test!.size]).toEqual([75, 25]);
  expect(values.reduce((sum, x) => sum + x, 0) / 75).toBeCloseTo(0, 6);
  expect(values.reduce((sum, x) => sum + x * x, 0) / 75).toBeCloseTo(1, 6);
});

it('finds columns that never change', async () => {
  const file = await put('a.csv', 'a,b,c\n1,2,3\n4,2,3\n');
  expect(await refusal(`${file}?normalize=standard`)).toBe(
    'a.csv: column "b" is 2, column "c" is 3 in every training item, so normalize=standard cannot scale that. Leave it out (drop=NAME), or use range=LOW,HIGH.',
  );
  const notes: string[] = [];
  await open(file, notes);
  expect(notes).toEqual([
    'a.csv: column "b" is 2, column "c" is 3 in every training item; it teaches a model nothing.',
  ]);
});

it('finds columns whose values lie further apart than float32 reaches', async () => {
  const file = await put('far.csv', 'a,b\n1,-3e38\n4,3e38\n');
  for (const how of ['standard', 'minmax']) {
    expect(await refusal(`${file}?normalize=${how}`)).toMatch(
      /^far\.csv: column "b" has values from -3e\+38 to 3e\+38, further apart than float32 reaches, so it cannot be scaled\. /,
    );
  }
});
