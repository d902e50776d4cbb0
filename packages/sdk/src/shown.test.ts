import { expect, it } from 'vitest';
import { shown, shownPath } from './shown.js';

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

it('shows paths whole, blank ones in quotes, and of endless ones the beginning', () => {
  const deep = `${'folder/'.repeat(30)}x.png`;
  expect(['a b.png', deep, '', ' ', 'A'.repeat(4e6)].map(shownPath)).toEqual([
    'a b.png',
    deep,
    "''",
    "' '",
    `${'A'.repeat(80)}… (4000000 characters)`,
  ]);
});
