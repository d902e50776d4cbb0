import type { Op } from '../graph/value.js';
import * as conv from './conv.js';
import * as elementwise from './elementwise.js';
import * as linalg from './linalg.js';
import * as reduce from './reduce.js';
import * as shape from './shape.js';

export * from './conv.js';
export * from './elementwise.js';
export * from './linalg.js';
export * from './reduce.js';
export * from './shape.js';

type OpsOf<Module> = {
  [Key in keyof Module as Module[Key] extends Op<infer Name, never> ? Name : never]: Module[Key];
};

/** The operators of a family are whatever records its file exports: a new one needs no line here. */
const recordsOf = <Module extends object>(module: Module): OpsOf<Module> =>
  Object.fromEntries(
    Object.values(module)
      .filter((member) => typeof member === 'object' && 'gradient' in member)
      .map((op) => [op.name, op]),
  ) as OpsOf<Module>;

/** Every operator by name. A target has a row for each, and the compiler names a missing one. */
export const ops = {
  ...recordsOf(shape),
  ...recordsOf(elementwise),
  ...recordsOf(reduce),
  ...recordsOf(linalg),
  ...recordsOf(conv),
};

export type OpName = keyof typeof ops;
