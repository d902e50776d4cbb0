import { VaeError } from '../errors.js';
import { optionsOf } from '../options.js';
import { type Tensor, zeros } from '../tensor.js';
import { assertMethod, assertSteps, type InterpolateOptions, interpolate } from './interpolate.js';
import { type Points, pointsOf } from './points.js';

/** `steps` counts the points from one given point to the next, both included. */
export interface InterpolatePathOptions extends InterpolateOptions {
  /** Go back from the last point to the first; false when left out. */
  readonly closed?: boolean;
}

/**
 * Points on the way through many latents, leg by leg as `interpolate` goes from one to the next. Every given point is
 * there exactly, once. A closed path ends one step before its first point, so that its frames loop.
 *
 * @param points two or more latents of one shape: [P, ...latent], or a list
 * @returns [(P - 1) * (steps - 1) + 1, ...latent]; closed [P * (steps - 1), ...latent]
 * @throws VaeError "bad-input" for fewer than two points or shapes that differ, "bad-option" for steps or method
 * @example interpolatePath([[0], [2], [6]], { steps: 3 }).data // [0, 1, 2, 4, 6]
 */
export function interpolatePath(points: Points, options?: InterpolatePathOptions): Tensor {
  const where = 'interpolatePath';
  const {
    steps = 8,
    method = 'linear',
    closed = false,
  } = optionsOf(options, where, ['steps', 'method', 'closed']);
  assertSteps(steps, where);
  assertMethod(method, where);
  const stops = pointsOf(points, where);
  if (stops.length < 2) {
    throw new VaeError('bad-input', `${where}: ${stops.length} points, expected two or more.`);
  }
  const legs = closed ? stops.length : stops.length - 1;
  const { shape, data: start } = stops[0]!;
  const whole = [legs * (steps - 1) + (closed ? 0 : 1), ...shape];
  const data = zeros(whole, where, 'bad-option');
  const size = (steps - 1) * start.length;
  for (let leg = 0; leg < legs; leg++) {
    const way = interpolate(stops[leg]!, stops[(leg + 1) % stops.length]!, { steps, method });
    data.set(way.data.subarray(0, size), leg * size);
  }
  if (!closed) data.set(stops.at(-1)!.data, legs * size);
  return { data, shape: whole };
}
