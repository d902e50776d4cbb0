import { TrainerError } from '../errors.js';
import { formatShape, type Shape, sameShape } from '../graph/shape.js';
import { type Input, input, type Value } from '../graph/value.js';
import type { NoiseKind } from '../noise/draw-noise.js';
import type { Schedule } from '../schedules/schedule.js';
import type { Initializer } from './initializers.js';

export interface Parameter {
  readonly value: Input;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
}

export interface Noise {
  readonly value: Input;
  /** What the host fills it with. */
  readonly source: NoiseKind;
}

export interface Scalar {
  readonly value: Input;
  readonly schedule: Schedule;
}

/**
 * What writing a network down gathers: its parameters, its noise and its scheduled numbers. Each is an input of
 * the graph; layers and objectives ask for them here and never hold any themselves.
 */
export class Trace {
  readonly parameters = new Map<string, Parameter>();
  readonly noises = new Map<string, Noise>();
  readonly scalars = new Map<string, Scalar>();

  constructor(
    /** False when the graph only looks: dropout is off then. */
    readonly training: boolean,
    /** Extents of one sample of the data. */
    readonly dataShape: readonly number[],
  ) {}

  /** The parameter of that name; asked for again, it is the same one. */
  parameter(name: string, shape: readonly number[], initializer: Initializer): Value {
    const known = this.parameters.get(name);
    if (known && !sameShape(known.shape, shape))
      throw new TrainerError(
        'bad-shape',
        `parameter "${name}" is ${formatShape(known.shape)}, but ${formatShape(shape)} was asked for.`,
      );
    if (known) return known.value;
    const value = input(name, 'state', shape, `trainable weights of ${name}`);
    this.parameters.set(name, { value, shape, initializer });
    return value;
  }

  noise(name: string, shape: Shape, source: NoiseKind = { kind: 'normal' }): Value {
    const meaning =
      source.kind === 'normal'
        ? 'independent standard normal draws'
        : `dropout mask: 0, or ${1 / source.keep} with probability ${source.keep}`;
    const value = input(name, 'noise', shape, meaning);
    this.noises.set(name, { value, source });
    return value;
  }

  scalar(name: string, schedule: Schedule, meaning: string): Value {
    const value = input(name, 'scalar', [], meaning);
    this.scalars.set(name, { value, schedule });
    return value;
  }
}
