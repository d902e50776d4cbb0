import * as v from 'valibot';
import { choice } from '../choice.js';
import { type Schedule, steps } from './schedule.js';

/** from · rate^(step / every): smooth decay, or in jumps with `staircase`. */
export const exponential = choice(
  {
    from: v.number(),
    rate: v.pipe(v.number(), v.gtValue(0)),
    every: steps,
    staircase: v.optional(v.boolean(), false),
  },
  ({ from, rate, every, staircase }): Schedule =>
    (step) =>
      from * rate ** (staircase ? Math.floor(step / every) : step / every),
);
