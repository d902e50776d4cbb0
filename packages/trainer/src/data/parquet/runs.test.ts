import { describe, expect, it } from 'vitest';
import { checkDeltaBlocks, checkRuns } from './runs.js';

const readerOf = (...bytes: number[]) => ({ view: new DataView(Uint8Array.from(bytes).buffer), offset: 0 });

describe('runs', () => {
  // The head of a run is a varint: twice the number of repeats, or twice the number of groups of eight, plus one.
  it('are walked over, repeated and packed ones', () => {
    // Five times the value 3, of 2 bits; then one group of eight values of 2 bits, of which three count.
    const reader = readerOf(10, 3, 3, 0xe4, 0xe4, 99);
    checkRuns(reader, 2, 8, 5);
    expect(reader.offset).toBe(5);
    // The same behind their length in four bytes.
    const withLength = readerOf(5, 0, 0, 0, 10, 3, 3, 0xe4, 0xe4, 99);
    checkRuns(withLength, 2, 8);
    expect(withLength.offset).toBe(9);
  });

  it.each([
    ['one value too many', [18, 1], 8, 2, 'a run holds 9 values where 8 are left'],
    ['2^30 values', [0x80, 0x80, 0x80, 0x80, 8, 1], 8, 6, 'a run holds 1073741824 values where 8 are left'],
    ['a whole group too many', [5, 0, 0], 8, 3, 'a run holds 16 values where 8 are left'],
    [
      'groups fewer than none',
      [0x81, 0x80, 0x80, 0x80, 8, 0],
      8,
      6,
      'a run holds -8589934592 values where 8',
    ],
    ['too few values', [14, 1], 8, 2, 'runs hold 7 of 8 values'],
    ['nothing', [], 1, 0, 'runs hold 0 of 1 values'],
    ['an end behind the page', [14, 1], 7, 3, 'runs of 3 bytes reach beyond the page'],
  ])('are refused with %s', (_, bytes, count, length, message) => {
    expect(() => checkRuns(readerOf(...bytes), 1, count, length)).toThrow(message);
  });

  it('of packed values may end with seven to spare', () => {
    expect(() => checkRuns(readerOf(3, 0xff), 1, 1, 2)).not.toThrow();
  });
});

describe('delta-packed blocks', () => {
  it('have parts of whole words', () => {
    expect(() => checkDeltaBlocks(readerOf(0x80, 1, 4))).not.toThrow();
    for (const head of [
      [0x80, 1, 0],
      [0, 4],
      [0x80, 1, 3],
      [0x80, 1, 0xff, 0xff, 0xff, 0xff, 0x0f],
    ])
      expect(() => checkDeltaBlocks(readerOf(...head))).toThrow(
        /^delta-packed blocks of -?\d+ values in -?\d+ parts$/,
      );
  });
});
