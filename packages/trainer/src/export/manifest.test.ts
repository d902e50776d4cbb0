import { describe, expect, it } from 'vitest';
import type { Dataset } from '../data/dataset.js';
import { buildPrograms } from '../programs.js';
import type { Metrics } from '../run/metrics.js';
import { TINY_SHAPE, tinyRecipe } from '../testing/tiny-training.js';
import { describeModel, type Trained } from './manifest.js';

const recipe = tinyRecipe();
const programs = buildPrograms(recipe, TINY_SHAPE);

/** What the manifest says of such data, and of such metrics. */
function manifestOf(dataset: Partial<Dataset>, train: Metrics = {}) {
  const { columns } = dataset;
  const given = { name: 'csv:a.csv', kind: 'vector', shape: [columns?.length ?? 3], range: null, ...dataset };
  const trained = { recipe, programs, weights: {}, engine: 'ort', compiled: {} };
  const statistics = { mean: [], std: [], kl: [] };
  return describeModel({
    ...trained,
    statistics,
    metrics: { step: 1, train },
    dataset: given,
  } as unknown as Trained);
}
const dataOf = (dataset: Partial<Dataset>) => manifestOf(dataset).data;
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

it('a long name of the data is cut off, and whole in the recipe', () => {
  const name = `csv:wide.csv?drop=${named(90, 10).join(',')}`;
  const { training } = manifestOf({ name });
  expect(training).toMatchObject({ dataset: `${name.slice(0, 499)}…`, recipe: { data: { source: name } } });
});

it('metrics in a manifest are those that are numbers', () => {
  const measured = { bound: null, loss: 1e24, gradientNorm: Number.POSITIVE_INFINITY, kl: Number.NaN };
  expect(manifestOf({}, measured).metrics).toEqual({ train: { loss: 1e24 } });
});
