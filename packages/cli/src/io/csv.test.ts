import { expect, it } from 'vitest';
import { parseCsv, toCsv } from './csv.js';

it('reads what it writes, quotes and all', () => {
  const rows = [
    ['a "b", c', '1.5'],
    ['two\nlines', '-2e-7'],
  ];
  const text = toCsv(['name', 'z0'], rows);
  expect(text).toBe('name,z0\n"a ""b"", c",1.5\n"two\nlines",-2e-7\n');
  expect(parseCsv(text, 'x.csv')).toEqual([['name', 'z0'], ...rows]);
});

it.each([
  ['', []],
  ['\n\r\n', []],
  ['1,2', [['1', '2']]],
  ['\uFEFF1,\r\n,2\r3', [['1', ''], ['', '2'], ['3']]],
  ['a,', [['a', '']]],
])('parses %j', (text, rows) => {
  expect(parseCsv(text, 'x.csv')).toEqual(rows);
});

it.each(['"open', 'a"b', '"a"b'])('refuses %j', (text) => {
  expect(() => parseCsv(`1\n${text}`, 'x.csv')).toThrow('"x.csv", line 2: a quote is open or out of place.');
});
