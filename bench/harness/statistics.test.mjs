import { describe, expect, it } from 'vitest';
import { median, ratio, summarise } from './statistics.mjs';

describe('the median', () => {
  it('is the middle, whatever the order', () => {
    expect([median([3, 1, 2]), median([4, 1, 3, 2]), median([5])]).toEqual([2, 2.5, 5]);
  });

  it('is not a number of nothing', () => {
    expect(median([])).toBeNaN();
  });
});

describe('a summary', () => {
  // Two rounds of batch 10: steps of 1, 2, 3 ms and of 4, 4 ms.
  const rounds = [
    { times: [1, 2, 3], wallMs: 6, cpuMs: 9 },
    { times: [4, 4], wallMs: 8, cpuMs: 11 },
  ];

  it('has the rates', () => {
    const { steps, stepMs, sustained, typical, best, rates } = summarise(rounds, 10);
    expect([steps, stepMs]).toEqual([5, 3]);
    // 50 samples in 14 ms; the medians 2 and 4 ms make 3 ms a step; the fastest step took 1 ms.
    expect(sustained).toBeCloseTo(50 / 0.014, 8);
    expect(typical).toBeCloseTo(10 / 0.003, 8);
    expect(best).toBeCloseTo(10 / 0.001, 8);
    expect(rates[0]).toBeCloseTo(30 / 0.006, 8);
    expect(rates[1]).toBeCloseTo(20 / 0.008, 8);
  });

  it('has the time of all processors per sample', () => {
    expect(summarise(rounds, 10).cpuMicros).toBeCloseTo(20_000 / 50, 8);
  });
});

describe('a ratio', () => {
  it('is of neighbouring rounds', () => {
    expect(ratio([10, 30, 20], [10, 10, 10])).toEqual({ median: 2, least: 1, most: 3 });
  });

  it('leaves out rounds that only one of them has', () => {
    expect(ratio([10, 30], [5])).toEqual({ median: 2, least: 2, most: 2 });
  });
});
