import * as v from 'valibot';

// Options become float32 when they are used: what is too small is 0 there, what is too large no number.

/** The smallest number of full precision; engines take smaller ones for 0. */
const SMALLEST = 2 ** -126;
const LARGEST = (2 - 2 ** -23) * 2 ** 127;

/** 0 or more. */
export const nonNegative = v.pipe(v.number(), v.minValue(0), v.maxValue(LARGEST));
/** More than 0. */
export const positive = v.pipe(v.number(), v.gtValue(0), v.minValue(SMALLEST), v.maxValue(LARGEST));
