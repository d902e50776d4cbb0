import { VaeError } from '../errors.js';
import { optionsOf } from '../options.js';
import { shown } from '../shown.js';
import { type ArrayInput, sameShape, show, type Tensor, toFloatTensor, zeros } from '../tensor.js';

export interface InterpolateOptions {
  /** How many points, both ends included; whole number >= 2, 8 when left out. */
  readonly steps?: number;
  /** 'linear' (default), or 'slerp' along the great circle, for ends of like length. */
  readonly method?: 'linear' | 'slerp';
}

/**
 * Points on the way from `a` to `b`, both included exactly.
 *
 * 'slerp' is sin((1-t) w) / sin(w) a + sin(t w) / sin(w) b with w the angle between a and b. Between ends of one length
 * it keeps that length, which straight lines lose in high dimensions. Between ends of different lengths it swings out when
 * they are nearly opposite, as happens in few dimensions: from length 1.5 to 0.5 at an angle of 3 rad it passes 7.2, and
 * the middle has no bound as the angle nears pi; use 'linear' there. Where the angle says nothing (a or b zero, or parallel
 * or opposite within 1e-6 rad) it is linear.
 *
 * @param a, b latents of one shape, taken as one vector each
 * @returns [steps, ...shape]
 * @throws VaeError "bad-input" for shapes that differ, "bad-option" for steps or method
 * @see Shoemake 1985, SIGGRAPH; White 2016, arXiv:1609.04468, section 2.1
 * @example interpolate([1, 0], [0, 1], { steps: 3, method: 'slerp' }).data // [1, 0, 0.7071, 0.7071, 0, 1]
 */
export function interpolate(a: ArrayInput, b: ArrayInput, options?: InterpolateOptions): Tensor {
  const { steps = 8, method = 'linear' } = optionsOf(options, 'interpolate', ['steps', 'method']);
  assertSteps(steps, 'interpolate');
  assertMethod(method, 'interpolate');
  const from = toFloatTensor(a, 'interpolate a');
  const to = toFloatTensor(b, 'interpolate b');
  if (!sameShape(from.shape, to.shape)) {
    throw new VaeError(
      'bad-input',
      `interpolate: a is ${show(from.shape)}, b is ${show(to.shape)}; make them alike.`,
    );
  }
  const angle = method === 'slerp' ? angleBetween(from.data, to.data) : 0;
  const size = from.data.length;
  const data = zeros([steps, ...from.shape], 'interpolate');
  for (let step = 0; step < steps; step++) {
    const [p, q] = weights(step / (steps - 1), angle);
    for (let i = 0; i < size; i++) data[step * size + i] = p * from.data[i]! + q * to.data[i]!;
  }
  return { data, shape: [steps, ...from.shape] };
}

export function assertSteps(steps: number, where: string, name = 'steps'): void {
  if (!Number.isInteger(steps) || steps < 2 || steps > 1_000_000) {
    throw new VaeError(
      'bad-option',
      `${where}: ${name} is ${shown(steps)}, expected a whole number from 2 to 1000000.`,
    );
  }
}

export function assertMethod(method: string, where: string): void {
  if (method !== 'linear' && method !== 'slerp') {
    throw new VaeError('bad-option', `${where}: method is '${method}', expected 'linear' or 'slerp'.`);
  }
}

/**
 * Angle in rad, or 0 where slerp has to be linear: 2 atan2(|u - v|, |u + v|) of the unit vectors u and v, which keeps
 * the digits that an arc cosine loses near 0 and pi (Kahan 2006, How futile are mindless assessments, section 12).
 */
function angleBetween(a: Float32Array, b: Float32Array): number {
  const [p, q] = [norm(a), norm(b)];
  if (p === 0 || q === 0) return 0;
  let difference = 0;
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const [u, v] = [a[i]! / p, b[i]! / q];
    difference += (u - v) ** 2;
    sum += (u + v) ** 2;
  }
  const angle = 2 * Math.atan2(Math.sqrt(difference), Math.sqrt(sum));
  return angle < 1e-6 || angle > Math.PI - 1e-6 ? 0 : angle;
}

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0));
}

function weights(t: number, angle: number): [number, number] {
  if (t === 0 || t === 1 || angle === 0) return [1 - t, t];
  return [Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle)];
}
