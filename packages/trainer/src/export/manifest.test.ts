import { describe, expect, it } from 'vitest';
import type { Dataset } from '../data/dataset.js';
import { buildPrograms } from '../programs.js';
import { TINY_SHAPE, tinyRecipe } from '../testing/tiny-training.js';
import { describeModel, type Trained } from './manifest.js';

const recipe = tinyRecipe();
const programs = buildPrograms(recipe, TINY_SHAPE);

/** What the manifest says of data with these columns. */
function dataOf(dataset: Partial<Dataset>) {
  const { columns } = dataset;
  const given = { name: 'csv:a.csv', kind: 'vector', shape: [columns?.length ?? 3], range: null, ...dataset };
  const trained = { recipe, programs, weights: {}, engine: 'ort', compiled: {} };
  const statistics = { mean: [], std: [], kl: [] };
  return describeModel({
    ...trained,
    statistics,
    metrics: { step: 1, train: {} },
    dataset: given,
  } as unknown as Trained).data;
}
const named = (count: number, length = 1) =>
  Array.from({ length: count }, (_, i) => String(i).padStart(length, 'c'));

describe('the names of columns in a manifest', () => {
  it('are those of the table', () => {
    const names = ['age', 'income'];
    expect(dataOf({ columns: names, numbered: false })).toMatchObject({ shape: [2], columns: names });
  });

  it('are absent where the source has none', () => {
    expect(dataOf({})).not.toHaveProperty('columns');
    expect(dataOf({ columns: ['0', '1'], numbered: true })).not.toHaveProperty('columns');
  });

  it('are absent where there are more, or longer ones, than a manifest holds', () => {
    expect(dataOf({ columns: named(4096, 100) }).columns).toHaveLength(4096);
    expect(dataOf({ columns: named(4097) })).not.toHaveProperty('columns');
    expect(dataOf({ columns: named(2, 200) }).columns).toHaveLength(2);
    expect(dataOf({ columns: named(2, 201) })).not.toHaveProperty('columns');
    // Within both limits, but 800 KB in a file of at most 1 MiB.
    expect(dataOf({ columns: named(4096, 200) })).not.toHaveProperty('columns');
  });
});
