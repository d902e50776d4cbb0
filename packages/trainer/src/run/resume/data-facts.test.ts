import { describe, expect, it } from 'vitest';
import type { Dataset, Split } from '../../data/dataset.js';
import { tinyRecipe } from '../../testing/tiny-training.js';
import type { Progress } from '../checkpoints/checkpoint.js';
import { type DataFacts, dataFacts, requireSameData } from './data-facts.js';

const part = (size: number): Split => ({ size, read: () => {} });

/** A table whose columns have these means, all with deviation 2. */
function table(mean: readonly number[], changes: Partial<Dataset> = {}): Dataset {
  const std = mean.map(() => 2);
  const none = mean.map(() => 0);
  return {
    name: 'people',
    source: 'made by a test',
    kind: 'vector',
    shape: [mean.length],
    range: null,
    columns: mean.map((_, i) => `c${i}`),
    statistics: { min: none, max: none, mean: Float64Array.from(mean), std, missing: none },
    normalization: { offset: mean, scale: std },
    train: part(2000),
    ...changes,
  };
}

const factsOf = (dataset: Dataset): DataFacts => dataFacts(dataset, { train: dataset.train }, tinyRecipe());

/** What is kept of one data set, as a checkpoint gives it back, against another. */
function resume(before: Dataset, now: Dataset): void {
  const data = JSON.parse(JSON.stringify(factsOf(before))) as DataFacts;
  const progress: Progress = {
    recipe: tinyRecipe(),
    data,
    step: 1,
    epoch: 0,
    partial: { sums: {}, samples: 0 },
  };
  requireSameData(progress, factsOf(now), 'runs/first');
}

const columns = ['age', 'income'];
const people = table([40, 44278], { columns });
/** As many numbers as are not kept one by one. */
const many = (last: number) => table(Array.from({ length: 65 }, (_, i) => (i === 64 ? last : i)));

describe('a run that goes on with data', () => {
  it('takes the same, also from another place and summed in another order', () => {
    expect(() => resume(people, table([40, 44278 + 1e-8], { columns, source: 'elsewhere' }))).not.toThrow();
    expect(() => resume(many(1 / 3), many(1 / 3))).not.toThrow();
  });

  it.each<[string, Dataset, Dataset]>([
    ['"income" had mean 44278, now 4427800', people, table([40, 4427800.04], { columns })],
    ['"age" had mean 40, now 41, and 1 more changed', people, table([41, 44279], { columns })],
    ['"age" had mean 40, now 40.00001', people, table([40.00001, 44278], { columns })],
    ['2,000 samples then, 1,500 now', people, { ...table([40, 40], { columns }), train: part(1500) }],
    ['0 test samples then, 10 now', people, { ...people, test: part(10) }],
    ['column 1 was "age", now it is "income"', people, { ...people, columns: ['income', 'age'] }],
    ['samples of 2 numbers then, of 1 now', people, table([40], { columns: ['age'] })],
    [
      'the values were scaled, now they are taken as they are',
      people,
      { ...people, normalization: undefined },
    ],
    [
      '"age" had scale 2, now 3',
      people,
      { ...people, normalization: { offset: [40, 44278], scale: [3, 2] } },
    ],
    [
      'number 2 of a sample had mean 1, now 5',
      ...([1, 5].map((mean) => table([0, mean], { columns: undefined })) as [Dataset, Dataset]),
    ],
    ['the mean of the values is another', many(1), many(2)],
  ])('is refused others: %s', (said, before, now) => {
    expect(() => resume(before, now)).toThrow(
      expect.objectContaining({
        code: 'bad-data',
        message: expect.stringMatching(
          /^runs\/first: the data are not those of the run: .* Give it the old data/,
        ),
      }),
    );
    expect(() => resume(before, now)).toThrow(`of the run: ${said}`);
  });

  it('is refused items that changed, and believed where they were not looked at', () => {
    const facts = factsOf(table([1], { statistics: undefined }));
    const items = { at: [0, 1999], mean: [0.25, 0.5], std: [0.25, 0.25] };
    const resumed = (then: DataFacts, now: DataFacts) => () =>
      requireSameData({ data: then }, now, 'runs/first');
    expect(resumed({ ...facts, items }, { ...facts, items })).not.toThrow();
    expect(resumed({ ...facts, items }, { ...facts, items: { ...items, mean: [0.25, 0.75] } })).toThrow(
      'runs/first: the data are not those of the run: of the 2 training items that are looked at, item 2,000 had mean 0.5, now 0.75. Give it',
    );
    expect(resumed(facts, { ...facts, items })).not.toThrow();
    expect(resumed({ ...facts, items }, facts)).not.toThrow();
  });

  it('is believed where its checkpoint is too old to tell', () => {
    const early: Progress = { recipe: tinyRecipe(), step: 1, epoch: 0, partial: { sums: {}, samples: 0 } };
    expect(() => requireSameData(early, factsOf(people), 'runs/first')).not.toThrow();
  });
});
