import * as v from 'valibot';
import { create, type Spec, specSchema } from '../choice.js';
import { schedules } from './index.js';
import type { Schedule } from './schedule.js';

export type ScheduleSpec = number | Spec;

/** What a schedule goes through must obey the same rule as a number in its place; one end may be 0 in any case. */
const staysWithin =
  (constant: v.GenericSchema<number>) =>
  ({ from, to }: Spec) => {
    const ends = [from, to].filter((end) => end !== undefined);
    return ends.some((end) => v.is(constant, end)) && ends.every((end) => end === 0 || v.is(constant, end));
  };

/** A warm-up is part of its schedule, which has to have something left after it. */
const outlastsWarmup = ({ steps, warmup = 0 }: Spec) =>
  steps === undefined || (warmup as number) < (steps as number);

/** A number, or a schedule by name: `{ "type": "linear", "from": 0, "to": 1, "steps": 1000 }`. */
export function scheduleSchema(constant: v.GenericSchema<number>): v.GenericSchema<ScheduleSpec> {
  const scheduled = v.pipe(
    specSchema(schedules),
    v.check(
      staysWithin(constant),
      'a schedule whose "from" and "to" are values that the number itself may have, or 0 for one of them',
    ),
    v.check(outlastsWarmup, 'a schedule whose "warmup" is less than its "steps", of which it is a part'),
  );
  const neither = v.pipe(
    v.unknown(),
    v.check(() => false, 'a number, or a schedule: an object with a "type"'),
  );
  return v.lazy((input) => {
    if (typeof input === 'number') return constant;
    return typeof input === 'object' && input !== null ? scheduled : neither;
  }) as v.GenericSchema<ScheduleSpec>;
}

export const asSchedule = (spec: ScheduleSpec): Schedule =>
  typeof spec === 'number' ? () => spec : create(schedules, spec);
