import type { Value } from '../graph/value.js';

/**
 * State of an optimiser: named values that start at 0. `next` says how one follows from its last value, and the
 * new value is what comes back.
 */
export type Slot = (name: string, shape: readonly number[], next: (previous: Value) => Value) => Value;

export interface Gradient {
  readonly name: string;
  readonly parameter: Value;
  readonly gradient: Value;
  readonly shape: readonly number[];
}

/** New values of all parameters, in their order, as part of the step's graph. */
export type Optimizer = (gradients: readonly Gradient[], learningRate: Value, slot: Slot) => Value[];
