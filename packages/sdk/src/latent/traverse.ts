import { VaeError } from '../errors.js';
import { optionsOf } from '../options.js';
import { shown } from '../shown.js';
import { type ArrayInput, show, type Tensor, toFloatTensor, zeros } from '../tensor.js';
import { assertSteps } from './interpolate.js';

export interface TraverseOptions {
  /** Which latent dimension moves, 0 to D - 1, counted over the flattened latent. */
  readonly dimension: number;
  /** First and last position, in standard deviations; [-3, 3] when left out. */
  readonly range?: readonly [number, number];
  /** How many positions, both ends included; 7 when left out. */
  readonly steps?: number;
  /** Mean of that dimension, or one per dimension; 0 when left out (the prior's). */
  readonly mean?: number | ArrayLike<number>;
  /** Standard deviation of that dimension, or one per dimension; 1 when left out (the prior's). */
  readonly std?: number | ArrayLike<number>;
}

/**
 * Copies of one latent in which one dimension takes the values mean + r std, r evenly spaced over the range.
 *
 * @param z one latent of any shape
 * @returns [steps, ...shape]
 * @throws VaeError "bad-option" for a dimension, range or steps outside its limits
 * @example traverse([0.3, -1.2], { dimension: 0, steps: 3 }).data // [-3, -1.2, 0, -1.2, 3, -1.2]
 */
export function traverse(z: ArrayInput, options: TraverseOptions): Tensor {
  const {
    dimension,
    range = [-3, 3],
    steps = 7,
    mean = 0,
    std = 1,
  } = optionsOf(options, 'traverse', ['dimension', 'range', 'steps', 'mean', 'std']);
  const { data: base, shape } = toFloatTensor(z, 'traverse');
  assertSteps(steps, 'traverse');
  if (!Number.isInteger(dimension) || dimension < 0 || dimension >= base.length) {
    throw new VaeError(
      'bad-option',
      `traverse: dimension is ${shown(dimension)}, a latent of shape ${show(shape)} has 0 to ${base.length - 1}.`,
    );
  }
  const [low, high] = Array.isArray(range) ? (range as [number, number]) : [Number.NaN, Number.NaN];
  const centre = at(mean, dimension, 'mean');
  const spread = at(std, dimension, 'std');
  if (!Number.isFinite(low) || !Number.isFinite(high)) {
    throw new VaeError('bad-option', `traverse: range is ${String(range)}, expected two finite numbers.`);
  }
  const data = zeros([steps, ...shape], 'traverse');
  for (let step = 0; step < steps; step++) {
    data.set(base, step * base.length);
    const r = low + ((high - low) * step) / (steps - 1);
    const value = Math.fround(centre + r * spread);
    if (!Number.isFinite(value)) {
      throw new VaeError(
        'bad-option',
        `traverse: the range ${low} to ${high} leads to ${value}; choose a smaller one.`,
      );
    }
    data[step * base.length + dimension] = value;
  }
  return { data, shape: [steps, ...shape] };
}

function at(values: number | ArrayLike<number>, dimension: number, name: string): number {
  const value = typeof values === 'number' ? values : values?.[dimension];
  if (value === undefined || !Number.isFinite(value)) {
    throw new VaeError(
      'bad-option',
      `traverse: ${name} of dimension ${dimension} is ${shown(value)}, expected a number.`,
    );
  }
  return value;
}
