import * as v from 'valibot';
import { choice } from '../choice.js';
import { nonNegative } from '../float32.js';
import { add, div, mul, sqrt, sub } from '../ops/index.js';
import type { Optimizer, Slot } from './optimizer.js';
import { runningMean } from './running-mean.js';

const decay = v.pipe(v.number(), v.minValue(0), v.ltValue(1));

/**
 * Squares of gradients below 3e-18 are 0 in float32 once they are weighted by 1 − β₂, while their means are not: beside a
 * much smaller ε each would give a step of up to 1/ε of it.
 */
const LEAST_EPSILON = 1e-18;

const adamOptions = {
  beta1: v.optional(decay, 0.9),
  beta2: v.optional(decay, 0.999),
  epsilon: v.optional(v.pipe(v.number(), v.minValue(LEAST_EPSILON), v.maxValue(1)), 1e-8),
};

interface AdamOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/**
 * Adam's direction for each parameter, m̂ / (√v̂ + ε). The corrections 1 − βᵗ are running means of 1 themselves,
 * which needs no powers and loses no digits. ε√(1 − β₂ᵗ) beside √v is ε beside √v̂.
 */
function* directions(
  gradients: Parameters<Optimizer>[0],
  slot: Slot,
  { beta1, beta2, epsilon }: AdamOptions,
) {
  const correction1 = slot('adam.correction1', [], (c) => runningMean(beta1, c, 1));
  const correction2 = sqrt(slot('adam.correction2', [], (c) => runningMean(beta2, c, 1)));
  const scale = div(correction2, correction1);
  const floor = mul(epsilon, correction2);
  for (const item of gradients) {
    const { name, gradient, shape } = item;
    const mean = slot(`adam.mean.${name}`, shape, (m) => runningMean(beta1, m, gradient));
    const square = slot(`adam.square.${name}`, shape, (s) => runningMean(beta2, s, mul(gradient, gradient)));
    yield { ...item, scale, direction: div(mean, add(sqrt(square), floor)) };
  }
}

/** Adam (Kingma & Ba 2015, algorithm 1). */
export const adam = choice(
  adamOptions,
  (options): Optimizer =>
    (gradients, learningRate, slot) =>
      [...directions(gradients, slot, options)].map(({ parameter, direction, scale }) =>
        sub(parameter, mul(mul(learningRate, scale), direction)),
      ),
);

/** Adam with decoupled weight decay: θ ← θ − rate · (direction + decay · θ) (Loshchilov & Hutter 2019, algorithm 2). */
export const adamW = choice(
  { ...adamOptions, weightDecay: v.optional(nonNegative, 0.01) },
  ({ weightDecay, ...options }): Optimizer =>
    (gradients, learningRate, slot) =>
      [...directions(gradients, slot, options)].map(({ parameter, direction, scale }) => {
        const shrunk = mul(parameter, sub(1, mul(learningRate, weightDecay)));
        return sub(shrunk, mul(mul(learningRate, scale), direction));
      }),
);
