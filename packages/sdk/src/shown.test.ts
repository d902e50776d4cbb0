import { expect, it } from 'vitest';
import { shown } from './shown.js';

it('shows values so that text, numbers and big integers are told apart', () => {
  expect(['7', 7, 7n, null, undefined, Number.NaN].map(shown)).toEqual([
    "'7'",
    '7',
    '7n',
    'null',
    'undefined',
    'NaN',
  ]);
});
