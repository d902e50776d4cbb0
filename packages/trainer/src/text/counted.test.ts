import { expect, it } from 'vitest';
import { counted } from './counted.js';

it('has one row and other numbers of rows', () => {
  expect([0, 1, 2].map((count) => counted(count, 'row'))).toEqual(['0 rows', '1 row', '2 rows']);
  expect(counted(1200, 'step', (count) => count.toLocaleString('en-US'))).toBe('1,200 steps');
});
