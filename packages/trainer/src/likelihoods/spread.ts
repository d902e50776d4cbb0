import * as v from 'valibot';
import { constant, type Value } from '../graph/value.js';
import type { Trace } from '../layers/trace.js';
import type { Weights } from './likelihood.js';

/** The option for how far numbers lie from what the decoder gives: a number, or one that is learned with the weights. */
export const spreadOption = v.optional(
  v.union([v.pipe(v.number(), v.minValue(1e-12), v.maxValue(1e12)), v.literal('learned')]),
  1,
);

/** One number for the whole model: where it is learned, its logarithm is a parameter of that name, 0 at first. */
export const spreadOf = (name: string, spread: number | 'learned') => ({
  /** Its logarithm in a graph. → [] */
  log: (trace: Trace): Value =>
    spread === 'learned' ? trace.parameter(name, [], (out) => void out.fill(0)) : constant(Math.log(spread)),
  /** What it has become. */
  trained: (weights: Weights): number => (spread === 'learned' ? Math.exp(weights[name].data[0]) : spread),
});
