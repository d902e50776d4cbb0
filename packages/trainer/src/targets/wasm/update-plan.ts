import type { Attributes } from '../../graph/value.js';

/** Where an array lies in the memory. */
export interface Place {
  /** In bytes, a multiple of 64. */
  readonly offset: number;
  /** In float32 numbers; the memory belongs to the array up to the next multiple of 64 bytes. */
  readonly length: number;
}

/** One kernel on one set of arrays. */
export interface Call {
  /** The exported function. */
  readonly kernel: string;
  readonly length: number;
  /** Byte offsets of the arrays. */
  readonly arrays: readonly number[];
  /** Numbers beside them, by index. */
  readonly scalars: readonly number[];
  /** Numbers that its sums become, by index. */
  readonly sums: readonly number[];
}

/** One operator on numbers. */
export interface ScalarStep {
  readonly op: string;
  readonly attributes: Attributes;
  readonly inputs: readonly number[];
  readonly result: number;
}

/** A compiled update. It refers to no graph, so that it can be sent to a thread. */
export interface UpdatePlan {
  readonly module: Uint8Array;
  readonly shared: boolean;
  /** Size of the arrays in bytes; what else the memory holds comes behind them. */
  readonly bytes: number;
  /** State arrays and gradients by name; of a gradient in parts, the first. */
  readonly places: ReadonlyMap<string, Place>;
  /** Distance in bytes from one part of the gradients to the next. */
  readonly stride: number;
  readonly parts: number;
  /** What is computed: numbers, then a pass over the arrays, by turns; the last numbers have no pass after them. */
  readonly levels: readonly { readonly scalars: readonly ScalarStep[]; readonly calls: readonly Call[] }[];
  /** Numbers that are there from the start. */
  readonly constants: readonly (readonly [index: number, value: number])[];
  /** Gradients of parameters that are one number. They lie in `places` like the others. */
  readonly scalarGradients: readonly (readonly [index: number, name: string])[];
  /** Other numbers that go in: fed ones, and those of the state. */
  readonly scalarInputs: readonly (readonly [index: number, name: string])[];
  readonly scalarOutputs: readonly (readonly [index: number, name: string])[];
  /** State arrays with the gradient whose elements theirs belong to. */
  readonly follows: ReadonlyMap<string, string>;
}
