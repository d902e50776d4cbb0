import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { specSchema } from '../choice.js';
import { positive } from '../float32.js';
import { difference } from '../testing/numbers-of.js';
import { schedules } from './index.js';
import { asSchedule, type ScheduleSpec, scheduleSchema } from './schema.js';

const at = (spec: ScheduleSpec, ...steps: number[]): number[] => {
  const full = typeof spec === 'number' ? spec : v.parse(specSchema(schedules), spec);
  return steps.map(asSchedule(full));
};

describe('the schedules', () => {
  // Numbers in the middle are those of optax 0.2.8.
  const rows: [ScheduleSpec, readonly number[], readonly number[]][] = [
    [0.3, [0, 7, 1e6], [0.3, 0.3, 0.3]],
    // linear_schedule(0.2, 1, 10)
    [{ type: 'linear', from: 0.2, to: 1, steps: 10 }, [0, 5, 10, 25], [0.2, 0.6, 1, 1]],
    [{ type: 'linear', from: 1, to: 0, steps: 1 }, [0, 1, 2], [1, 0, 0]],
    // exponential_decay(0.1, 4, 0.5)
    [
      { type: 'exponential', from: 0.1, rate: 0.5, every: 4 },
      [0, 2, 4, 9],
      [0.1, 0.07071067811865477, 0.05, 0.021022410381342865],
    ],
    [
      { type: 'exponential', from: 0.1, rate: 0.5, every: 4, staircase: true },
      [0, 3, 4, 9],
      [0.1, 0.1, 0.05, 0.025],
    ],
    // cosine_decay_schedule(0.1, 8, alpha=0.1)
    [
      { type: 'cosine', from: 0.1, to: 0.01, steps: 8 },
      [0, 2, 4, 8, 20],
      [0.1, 0.08681980515339464, 0.055, 0.01, 0.01],
    ],
    // Four equal steps up to 0.2, then half a cosine over the six that are left: cos(π/2) in their middle
    [
      { type: 'cosine', from: 0.2, steps: 10, warmup: 4 },
      [0, 1, 3, 4, 7, 10, 11],
      [0.05, 0.1, 0.2, 0.2, 0.1, 0, 0],
    ],
    [{ type: 'cosine', from: 1, steps: 3, warmup: 2 }, [0, 1, 2, 3, 4], [1 / 2, 1, 1, 0, 0]],
  ];

  it.each(rows)('%j at steps %j', (spec, steps, expected) => {
    expect(difference(at(spec, ...steps), expected)).toBeLessThan(1e-14);
  });

  it('are all covered here', () => {
    const covered = rows.map(([spec]) => (typeof spec === 'number' ? '' : spec.type));
    expect(Object.keys(schedules).filter((name) => !covered.includes(name))).toEqual([]);
  });
});

describe('the schedules of a number above 0', () => {
  const schema = scheduleSchema(positive);
  const problemOf = (spec: unknown) => v.safeParse(schema, spec).issues?.[0].message;
  const ramp = { type: 'linear', from: 0, to: 1e-3, steps: 100 };

  it('may begin or end at 0', () => {
    for (const spec of [ramp, { ...ramp, from: 1, to: 0 }, { type: 'cosine', from: 0, to: 1, steps: 9 }])
      expect(problemOf(spec)).toBeUndefined();
  });

  it('are not 0 all along, nor below it', () => {
    const always = { type: 'exponential', from: 0, rate: 0.9, every: 5 };
    for (const spec of [
      { ...ramp, to: 0 },
      { ...ramp, from: -1 },
      { type: 'cosine', from: 0, steps: 9 },
      always,
    ])
      expect(problemOf(spec)).toBe(
        'a schedule whose "from" and "to" are values that the number itself may have, or 0 for one of them',
      );
  });

  // optax 0.2.8 refuses decay_steps <= warmup_steps too.
  it.each([3, 4])('do not end in their warm-up: %i of 3 steps', (warmup) => {
    expect(problemOf({ type: 'cosine', from: 1e-3, steps: 3, warmup })).toBe(
      'a schedule whose "warmup" is less than its "steps", of which it is a part',
    );
  });
});
