import { describe, expect, it } from 'vitest';
import { timesOf } from './step-times.mjs';

/** The ends of steps of 2 ms each, on two processors, whose results come so many at once. */
const stamps = (steps, group) =>
  Array.from({ length: steps }, (_, i) => {
    const at = 2 * group * Math.ceil((i + 1) / group);
    return { at: at + 0.001 * (i % group), cpu: 2 * at };
  });

describe('the times of steps', () => {
  it.each([
    ['one by one', 1, 0],
    ['eight at once', 8, 0],
    ['eight at once, from within a group on', 8, 3],
    ['a few', 1, 196],
    ['a few in groups', 8, 185],
  ])('that come %s are all of the steps between the first and the last end', (_, group, from) => {
    const { times, wallMs, cpuMs } = timesOf(stamps(200, group).slice(from));
    const sum = times.reduce((a, b) => a + b);
    expect(sum).toBeCloseTo(wallMs, 6);
    expect(wallMs / times.length).toBeCloseTo(2, 6);
    expect(cpuMs / times.length).toBeCloseTo(4, 6);
    for (const time of times) expect(time).toBeCloseTo(2, 6);
  });

  it('of one group alone are those since its first step', () => {
    const { times, wallMs } = timesOf(stamps(5, 8));
    expect([times.length, wallMs]).toEqual([4, expect.closeTo(0.004, 6)]);
  });
});
