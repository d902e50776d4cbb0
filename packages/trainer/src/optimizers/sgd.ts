import * as v from 'valibot';
import { choice } from '../choice.js';
import { add, mul, sub } from '../ops/index.js';
import type { Optimizer } from './optimizer.js';

/** θ ← θ − rate · u, u ← momentum · u + g (Polyak 1964, as Sutskever et al. 2013 write it with the rate outside). */
export const sgd = choice(
  { momentum: v.optional(v.pipe(v.number(), v.minValue(0), v.ltValue(1)), 0) },
  ({ momentum }): Optimizer =>
    (gradients, learningRate, slot) =>
      gradients.map(({ name, parameter, gradient, shape }) => {
        const direction =
          momentum === 0
            ? gradient
            : slot(`sgd.momentum.${name}`, shape, (velocity) => add(mul(momentum, velocity), gradient));
        return sub(parameter, mul(learningRate, direction));
      }),
);
