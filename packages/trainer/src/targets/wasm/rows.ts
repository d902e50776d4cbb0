import type { Node } from '../../graph/value.js';
import type { OpName } from '../../ops/index.js';
import { type Code, wasm } from './module.js';

/** One operator on four numbers at once: its operands are pushed one after another, and its result stays. */
export type Row = (node: Node, ...operands: readonly Code[]) => Code;

const { f32, f32x4, v128 } = wasm;
const splat = (value: number): Code => [...f32.const(value), ...f32x4.splat];

const plain =
  (instruction: Code): Row =>
  (_, ...operands) => [...operands.flat(), ...instruction];

/** 1 where x > 0, else 0: the comparison gives all ones or all zeros, which mask the bits of 1. */
const step = (x: Code): Code => [...x, ...splat(0), ...f32x4.gt, ...splat(1), ...v128.and];

/**
 * The elementwise operators that WebAssembly has instructions for. What an update uses beside them (exponentials,
 * matrix products) makes the whole update one that this target does not compile.
 */
export const rows: { readonly [Name in OpName]?: Row } = {
  Add: plain(f32x4.add),
  Sub: plain(f32x4.sub),
  Mul: plain(f32x4.mul),
  Div: plain(f32x4.div),
  Max: plain(f32x4.max),
  Min: plain(f32x4.min),
  Neg: plain(f32x4.neg),
  Abs: plain(f32x4.abs),
  Sqrt: plain(f32x4.sqrt),
  Relu: (_, x) => [...x, ...splat(0), ...f32x4.max],
  Step: (_, x) => step(x),
  // max(x, 0) + alpha · min(x, 0), for any alpha
  LeakyRelu: ({ attributes }, x) => [
    ...[...x, ...splat(0), ...f32x4.max],
    ...[...x, ...splat(0), ...f32x4.min, ...splat(attributes.alpha as number), ...f32x4.mul],
    ...f32x4.add,
  ],
};

/** The smallest normal float32, 2⁻¹²⁶. */
const SMALLEST_NORMAL = 2 ** -126;

/** Numbers too small for full precision become 0: they slow processors down many times over. NaN stays NaN. */
export const withoutDenormals = (x: Code): Code => [
  ...x,
  ...[...x, ...f32x4.abs, ...splat(SMALLEST_NORMAL), ...f32x4.lt],
  ...v128.andnot,
];
