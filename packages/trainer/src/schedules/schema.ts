import * as v from 'valibot';
import { create, type Spec, specSchema } from '../choice.js';
import { schedules } from './index.js';
import type { Schedule } from './schedule.js';

export type ScheduleSpec = number | Spec;

/** What a schedule goes through must obey the same rule as a number in its place. */
const staysWithin = (constant: v.GenericSchema<number>) => (spec: Spec) =>
  ['from', 'to'].every(
    (key) => spec[key] === undefined || v.is(constant, spec[key]) || (key === 'to' && spec[key] === 0),
  );

/** A number, or a schedule by name: `{ "type": "linear", "from": 0, "to": 1, "steps": 1000 }`. */
export function scheduleSchema(constant: v.GenericSchema<number>): v.GenericSchema<ScheduleSpec> {
  const scheduled = v.pipe(
    specSchema(schedules),
    v.check(
      staysWithin(constant),
      'a schedule whose "from" and "to" are values that the number itself may have',
    ),
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
