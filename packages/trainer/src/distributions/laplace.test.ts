import { expect, it } from 'vitest';
import { input } from '../graph/value.js';
import { difference, numbersOf } from '../testing/numbers-of.js';
import { logDensity } from './laplace.js';

const [x, mean, logScale] = ['x', 'mean', 'logScale'].map((name) => input(name, 'data', ['N'], 'Of a test.'));

it("the Laplace distribution has PyTorch's log-density", () => {
  // x, mean, scale, log_prob of torch.distributions.Laplace of PyTorch 2.15.0, in float64
  const rows = [
    [0.3, 0.3, 1, -Math.LN2],
    [1, -2, 0.5, -6],
    [-4, 1.5, 3, -3.6250928025613884],
  ];
  const column = (i: number) => rows.map((row) => row[i]);
  const feeds = { x: column(0), mean: column(1), logScale: column(2).map(Math.log) };
  const found = numbersOf(logDensity(x, { mean, logScale }), feeds, rows.length);
  expect(difference(found, column(3))).toBeLessThan(1e-14);
});
