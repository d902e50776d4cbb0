import { describe, expect, it } from 'vitest';
import { Pace } from './pace.js';

function paceOf(...runs: [elements: number, ms: number][]): Pace {
  const pace = new Pace();
  for (const [elements, ms] of runs) for (let i = 0; i < 4; i++) pace.add(elements, ms);
  return pace;
}

describe('the pace of runs', () => {
  it('is known for sizes of the same power of two, and for no other', () => {
    const pace = paceOf([100, 3]);
    expect([64, 65, 128, 129].map((elements) => pace.of(elements))).toEqual([undefined, 3, 3, undefined]);
  });

  it('is that of the smallest size that was seen in a range', () => {
    const pace = paceOf([100, 3], [200, 5]);
    expect(pace.of(25, 100)).toBe(3);
    expect(pace.of(130, 500)).toBe(5);
    expect(pace.of(10, 60)).toBeUndefined();
  });

  it('is the least of the first four', () => {
    const pace = new Pace();
    for (const ms of [50, 4, 9]) pace.add(1, ms);
    expect(pace.of(1)).toBeUndefined();
    pace.add(1, 6);
    expect(pace.of(1)).toBe(4);
  });

  it('follows faster runs at once and slower ones slowly', () => {
    const pace = paceOf([1, 8]);
    pace.add(1, 4);
    expect(pace.of(1)).toBe(4);
    // One disturbed run counts for a tenth, many for what they take.
    pace.add(1, 100);
    expect(pace.of(1)).toBeCloseTo(4.4, 10);
    for (let i = 0; i < 40; i++) pace.add(1, 100);
    expect(pace.of(1)).toBe(100);
  });

  it('is measured anew after it was passed by 100 times in a row', () => {
    const pace = paceOf([1, 8]);
    for (let i = 0; i < 99; i++) pace.pass(1);
    pace.add(1, 8);
    for (let i = 0; i < 99; i++) pace.pass(1);
    expect(pace.of(1)).toBe(8);
    pace.pass(1);
    expect(pace.of(1)).toBeUndefined();
  });
});
