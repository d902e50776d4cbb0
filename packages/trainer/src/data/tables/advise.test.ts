import { describe, expect, it } from 'vitest';
import type { ColumnStatistics, Dataset } from '../dataset.js';
import { adviseScale, constantIn } from './advise.js';

/** What advice looks at, of columns with these lowest and highest values and deviations. */
function table(columns: Record<string, readonly [min: number, max: number, std: number]>): Dataset {
  const all = Object.values(columns);
  const statistics: ColumnStatistics = {
    min: all.map(([min]) => min),
    max: all.map(([, max]) => max),
    mean: all.map(([min, max]) => (min + max) / 2),
    std: all.map(([, , std]) => std),
    missing: all.map(() => 0),
  };
  return { columns: Object.keys(columns), range: null, statistics } as unknown as Dataset;
}

const spec = 'csv:a.csv?label=kind';

describe('advice on scale', () => {
  it('is given where deviations are more than ten times apart', () => {
    expect(adviseScale(table({ a: [0, 1, 0.1], b: [0, 4, 1] }), spec)).toBeUndefined();
    expect(adviseScale(table({ a: [0, 1, 0.1], b: [0, 4, 1.01] }), spec)).toEqual({
      reason: 'columns differ in scale: the deviation of "a" is 0.1, that of "b" 1.01',
      size: 2,
      spec: `${spec}&normalize=standard`,
    });
  });

  it('is given where values are far from 0', () => {
    expect(adviseScale(table({ a: [-10, 10, 3] }), spec)).toBeUndefined();
    expect(adviseScale(table({ a: [0, 1, 3], b: [150, 199.99999, 9] }), spec)?.reason).toBe(
      '"b" has values from 150 to 200, far from the numbers near 0 that networks learn well',
    );
  });

  it('leaves out what never changes, with what the spec leaves out already', () => {
    const found = { a: [0, 1, 0.1], same: [7, 7, 0], 'a&b%': [3, 3, 0], b: [0, 400, 100] } as const;
    expect(constantIn(table(found))).toEqual([1, 2]);
    expect(adviseScale(table(found), 'csv:a.csv?drop=id&test=0.1')?.spec).toBe(
      'csv:a.csv?test=0.1&drop=id,same,a%26b%25&normalize=standard',
    );
    expect(adviseScale(table({ same: [700, 700, 0] }), spec)).toBeUndefined();
  });

  it('names no spec where a column cannot be named in one', () => {
    for (const name of ['a,b', 'vector[3]']) {
      const advice = adviseScale(table({ a: [0, 400, 100], [name]: [1, 1, 0] }), spec);
      expect(advice).toEqual({ reason: expect.stringContaining('"a" has values from 0 to 400'), size: 1 });
    }
  });

  it('is not given against the spec, or for what is scaled', () => {
    const far = table({ a: [0, 400, 100] });
    for (const option of ['normalize=none', 'normalize=standard', 'range=0,400'])
      expect(adviseScale(far, `${spec}&${option}`)).toBeUndefined();
    expect(adviseScale({ ...far, range: [0, 1] }, spec)).toBeUndefined();
    expect(adviseScale({ ...far, statistics: undefined }, spec)).toBeUndefined();
  });
});
