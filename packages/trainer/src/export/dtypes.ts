import { toFloat16 } from '../onnx/float16.js';
import { toInt8 } from '../onnx/int8.js';
import type { OnnxModel } from '../onnx/model.js';

/** A smaller way to store a model's numbers. */
export interface Rounding {
  readonly round: (model: OnnxModel) => OnnxModel;
  /** How far an output may be off, in units of max(1, largest |expected|). */
  readonly bound: number;
}

/** Ways to store a model's numbers other than float32. */
export const roundings = {
  float16: { round: toFloat16, bound: 1e-2 },
  int8: { round: toInt8, bound: 5e-2 },
} as const satisfies Record<string, Rounding>;

export type RoundingName = keyof typeof roundings;
export type Dtype = 'float32' | RoundingName;
export const dtypes = ['float32', 'float16', 'int8'] as const satisfies readonly Dtype[];
