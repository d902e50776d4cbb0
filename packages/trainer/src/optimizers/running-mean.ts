import type { Value } from '../graph/value.js';
import { add, mul } from '../ops/index.js';

/** decay · previous + (1 − decay) · next */
export const runningMean = (decay: number, previous: Value, next: Value | number): Value =>
  add(mul(decay, previous), mul(1 - decay, next));
