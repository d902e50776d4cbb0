import * as v from 'valibot';
import { choice, create, type Registry, type Spec, specSchema } from '../choice.js';
import type { Schedule } from '../model/trace.js';

const number = v.number();
const steps = v.pipe(v.number(), v.integer(), v.minValue(1));

/** From one number to another in equal steps, then constant: warm-up and growing capacity. */
const linear = choice(
  { from: number, to: number, steps },
  ({ from, to, steps }): Schedule =>
    (step) =>
      from + (to - from) * Math.min(step / steps, 1),
);

/** from · rate^(step / every): smooth decay, or in jumps with `staircase`. */
const exponential = choice(
  {
    from: number,
    rate: v.pipe(number, v.gtValue(0)),
    every: steps,
    staircase: v.optional(v.boolean(), false),
  },
  ({ from, rate, every, staircase }): Schedule =>
    (step) =>
      from * rate ** (staircase ? Math.floor(step / every) : step / every),
);

/** Half a cosine from one number to another, then constant (Loshchilov & Hutter 2017, eq. 5, without restarts). */
const cosine = choice(
  {
    from: number,
    to: v.optional(number, 0),
    steps,
    warmup: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0),
  },
  ({ from, to, steps, warmup }): Schedule =>
    (step) => {
      if (step < warmup) return (from * (step + 1)) / warmup;
      const done = Math.min((step - warmup) / Math.max(steps - warmup, 1), 1);
      return to + (from - to) * 0.5 * (1 + Math.cos(Math.PI * done));
    },
);

/** Every schedule that a recipe may name. Schedules count training steps from 0, and nothing else. */
export const schedules = { linear, exponential, cosine } as const satisfies Registry<Schedule>;

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
  return v.lazy((input) =>
    typeof input === 'number' ? constant : scheduled,
  ) as v.GenericSchema<ScheduleSpec>;
}

export const asSchedule = (spec: ScheduleSpec): Schedule =>
  typeof spec === 'number' ? () => spec : create(schedules, spec);
