import { expect, it } from 'vitest';
import { requireFiniteSquares } from './finite-squares.js';

const table = (min: number[], max: number[]) => {
  const zero = min.map(() => 0);
  return { name: 'csv:a.csv', statistics: { min, max, mean: zero, std: zero, missing: zero } };
};

it('refuses numbers of which no loss can be computed, unless they are scaled', () => {
  requireFiniteSquares(table([0, -1e18], [1, 1e18]));
  const large = table([0, -1e38], [1, 5]);
  expect(() => requireFiniteSquares({ ...large, columns: ['age', 'money'] })).toThrow(
    'csv:a.csv: column "money" has values from -1e+38 to 5, whose squares are too large for float32. Scale the data with ' +
      'normalize=standard; if such a number stands for a missing one, make it an empty field and add bad=skip.',
  );
  expect(() => requireFiniteSquares(large)).toThrow('csv:a.csv: number 1 of the items has values');
  requireFiniteSquares({ ...large, normalization: { offset: [0, 0], scale: [1, 1e38] } });
  requireFiniteSquares({ name: 'digits' });
});
