import * as v from 'valibot';
import { choice } from '../choice.js';
import { type Schedule, steps } from './schedule.js';

/** From one number to another in equal steps, then constant: warm-up and growing capacity. */
export const linear = choice(
  { from: v.number(), to: v.number(), steps },
  ({ from, to, steps }): Schedule =>
    (step) =>
      from + (to - from) * Math.min(step / steps, 1),
);
