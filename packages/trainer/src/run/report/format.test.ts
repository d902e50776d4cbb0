import { expect, it } from 'vitest';
import { formatNumber, formatSeconds } from './format.js';

it('writes numbers with the digits that matter', () => {
  expect([-104.32149, 0.0001234, -0.005, 7, 0].map(formatNumber)).toEqual([
    '-104.321',
    '0.000123',
    '-0.00500',
    '7',
    '0',
  ]);
});

it('calls what does not exist "none", not 0', () => {
  expect([null, undefined, Number.NaN, Infinity, '7'].map(formatNumber)).toEqual(Array(5).fill('none'));
});

it('writes times', () => {
  expect([4.26, 60, 3725, 119.9].map(formatSeconds)).toEqual(['4.3 s', '1 min', '1 h 2 min 5 s', '2 min']);
});
