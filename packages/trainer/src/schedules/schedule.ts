import * as v from 'valibot';

/** A number that may change from step to step. */
export type Schedule = (step: number) => number;

/** A length in training steps. */
export const steps = v.pipe(v.number(), v.integer(), v.minValue(1));
