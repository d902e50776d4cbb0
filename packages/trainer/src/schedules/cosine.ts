import * as v from 'valibot';
import { choice } from '../choice.js';
import { type Schedule, steps } from './schedule.js';

/**
 * Half a cosine from one number to another, then constant (Loshchilov & Hutter 2017, eq. 5, without restarts). The first
 * `warmup` of its steps rise to where it begins.
 */
export const cosine = choice(
  {
    from: v.number(),
    to: v.optional(v.number(), 0),
    steps,
    warmup: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0),
  },
  ({ from, to, steps, warmup }): Schedule =>
    (step) => {
      if (step < warmup) return (from * (step + 1)) / warmup;
      const done = Math.min((step - warmup) / (steps - warmup), 1);
      return to + (from - to) * 0.5 * (1 + Math.cos(Math.PI * done));
    },
);
