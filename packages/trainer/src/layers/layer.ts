import * as v from 'valibot';
import { TrainerError } from '../errors.js';
import { formatShape, type Shape, sampleSize } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import type { NoiseKind } from '../noise/draw-noise.js';
import {
  type Fans,
  type Initializer,
  type InitializerName,
  initializers,
  ones,
  zeros,
} from './initializers.js';
import type { Trace } from './trace.js';

/** Numbers of a sample that may be counted in 32 bits. */
const MOST_NUMBERS = 2 ** 31;

/** Where a layer stands in its network, and the way to its parameters. */
export class LayerScope {
  constructor(
    readonly trace: Trace,
    /** Such as `encoder.0-conv2d`: the prefix of its parameters and the place named in errors. */
    readonly path: string,
    readonly init: InitializerName,
  ) {}

  /** The scope of a layer, or of something else, that this one holds. */
  inside(name: string): LayerScope {
    return new LayerScope(this.trace, `${this.path}.${name}`, this.init);
  }

  weight(shape: readonly number[], fans: Fans, init: InitializerName = this.init): Value {
    return this.trace.parameter(`${this.path}.weight`, shape, initializers[init](fans));
  }

  bias(shape: readonly number[]): Value {
    return this.parameter('bias', shape, zeros);
  }

  /** Factors of a normalised value, 1 at first. */
  scale(shape: readonly number[]): Value {
    return this.parameter('scale', shape, ones);
  }

  /** What is added to a normalised value, 0 at first. */
  shift(shape: readonly number[]): Value {
    return this.parameter('shift', shape, zeros);
  }

  parameter(name: string, shape: readonly number[], initializer: Initializer): Value {
    return this.trace.parameter(`${this.path}.${name}`, shape, initializer);
  }

  noise(name: string, shape: Shape, source: NoiseKind): Value {
    return this.trace.noise(`${this.path}.${name}`, shape, source);
  }

  /** An error that names the layer. */
  error(text: string): TrainerError {
    return new TrainerError('bad-shape', `${this.path}: ${text}`);
  }

  requireSize(y: Value): void {
    if (sampleSize(y.shape) >= MOST_NUMBERS)
      throw this.error(
        `its result is ${formatShape(y.shape)}, but a sample has fewer than ${MOST_NUMBERS} numbers. ` +
          'Make it smaller, or leave out layers before it.',
      );
  }

  requireRank(x: Value, rank: number, hint: string): void {
    if (x.shape.length !== rank)
      throw this.error(`its input is ${formatShape(x.shape)}, but it needs ${rank} axes. ${hint}`);
  }
}

/** A layer turns one value into another; what it learns it asks the scope for. */
export type Layer = (x: Value, scope: LayerScope) => Value;

/** Sizes of layers and batches; far above any of use, and small enough for what is computed from them. */
const LARGEST = 2 ** 24;
const LARGEST_WINDOW = 1024;

export const positiveInteger = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(LARGEST));
/** Kernels and strides. */
export const windowSize = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(LARGEST_WINDOW));
/** Rows of padding. */
export const wholeNumber = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(LARGEST_WINDOW));
export const initializerName = v.picklist(Object.keys(initializers) as InitializerName[]);
