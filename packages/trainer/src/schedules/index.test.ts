import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { specSchema } from '../choice.js';
import { difference } from '../testing/numbers-of.js';
import { schedules } from './index.js';
import { asSchedule, type ScheduleSpec } from './schema.js';

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
    [{ type: 'cosine', from: 1, steps: 3, warmup: 3 }, [0, 2, 3, 4], [1 / 3, 1, 1, 0]],
  ];

  it.each(rows)('%j at steps %j', (spec, steps, expected) => {
    expect(difference(at(spec, ...steps), expected)).toBeLessThan(1e-14);
  });

  it('are all covered here', () => {
    const covered = rows.map(([spec]) => (typeof spec === 'number' ? '' : spec.type));
    expect(Object.keys(schedules).filter((name) => !covered.includes(name))).toEqual([]);
  });
});
