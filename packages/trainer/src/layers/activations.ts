import * as v from 'valibot';
import { choice } from '../choice.js';
import { positive } from '../float32.js';
import * as ops from '../ops/index.js';
import type { Layer } from './layer.js';

export const relu = choice({}, (): Layer => (x) => ops.relu(x));
export const tanh = choice({}, (): Layer => (x) => ops.tanh(x));
export const sigmoid = choice({}, (): Layer => (x) => ops.sigmoid(x));
export const softplus = choice({}, (): Layer => (x) => ops.softplus(x));

/** x · σ(x), also called swish (Ramachandran et al. 2017). */
export const silu = choice({}, (): Layer => (x) => ops.mul(x, ops.sigmoid(x)));

/** x · Φ(x) with the normal distribution function itself, not its tanh approximation (Hendrycks & Gimpel 2016). */
export const gelu = choice(
  {},
  (): Layer => (x) => {
    const half = ops.mul(0.5, ops.add(1, ops.erf(ops.mul(x, Math.SQRT1_2))));
    return ops.mul(x, half);
  },
);

/** alpha · x below zero. */
export const leakyRelu = choice(
  { alpha: v.optional(positive, 0.01) },
  ({ alpha }): Layer =>
    (x) =>
      ops.leakyRelu(x, alpha),
);

/** alpha · (eˣ − 1) below zero (Clevert et al. 2015). */
export const elu = choice(
  { alpha: v.optional(positive, 1) },
  ({ alpha }): Layer =>
    (x) =>
      ops.elu(x, alpha),
);
