import { describe, expect, it } from 'vitest';
import { channelGroups } from './scattered.js';

describe('channels, some at a time', () => {
  it.each([
    ['all, where their products are few', 32, 9, 65_536, [32]],
    ['equally many', 32, 9, 73_728, [8, 8, 8, 8].flatMap(() => [4, 4])],
    ['as many as fit, where that loses half of them', 37, 9, 60_000, [8, 8, 8, 8, 5]],
    ['enough rows for a product, more than fit', 8, 9, 1_000_000, [4, 4]],
    ['one', 1, 9, 3_000_000, [1]],
    ['one of many taps', 3, 49, 1_000_000, [1, 1, 1]],
  ])('%s', (_, channels, taps, numbers, groups) => {
    expect(channelGroups(channels, taps, numbers)).toEqual(groups);
  });

  it('are all channels, and parts of them that differ in the last one alone', () => {
    for (let channels = 1; channels < 70; channels++)
      for (const numbers of [40_000, 100_000, 600_000, 3_000_000]) {
        const groups = channelGroups(channels, 9, numbers);
        expect(groups.reduce((sum, size) => sum + size, 0)).toBe(channels);
        expect(new Set(groups.slice(0, -1)).size).toBeLessThanOrEqual(1);
        expect(Math.min(...groups)).toBeGreaterThan(0);
      }
  });
});
